"""The result as tables in Markdown: ratios first, then what they are made of."""

import os
import statistics

PROCESSES = ["gateway", "pgbouncer", "PostgreSQL", "load client"]
LATENCIES = ["mean", "p50", "p99"]


def render(stack, rows, arguments):
    facts = stack.facts
    return "\n".join([
        f"{facts['postgres']}, {facts['pgbouncer']}, {os.cpu_count()} cores,"
        f" build {facts['build_type']}; {arguments.rounds} rounds of"
        f" {arguments.seconds} s; {facts['pool_size']} connections to PostgreSQL"
        f" a side; {arguments.channels} channels, {arguments.threads} thread of"
        " the gateway's load client",
        "", *ratio_table(rows), "", *side_table(rows)])


def ratio_table(rows):
    lines = [["work", "rate, median (range)", "CPU per call or row, median (range)",
              "of PostgreSQL alone"]]
    for row in rows:
        lines.append([
            row.name,
            spread(row.ratios(lambda sample: sample.rate)),
            spread(row.ratios(lambda sample: sample.servers_us())),
            spread(row.ratios(lambda sample: sample.processor_us["PostgreSQL"]))])
    return table(lines)


def side_table(rows):
    """Medians of the absolute figures, which mean something on one machine."""
    lines = [["work", "side", "per second"]
             + [f"{name}, µs" for name in PROCESSES]
             + [f"{name}, ms" for name in LATENCIES]]
    for row in rows:
        for side, samples in row.samples.items():
            lines.append(
                [row.name, side, f"{median(s.rate for s in samples):.0f}"]
                + [cell(s.processor_us.get(name) for s in samples)
                   for name in PROCESSES]
                + [cell(s.latencies_ms.get(name) for s in samples)
                   for name in LATENCIES])
    return table(lines)


def median(figures):
    return statistics.median(figures)


def cell(figures):
    """The median, or a dash where a side has no such thing."""
    figures = list(figures)
    if None in figures:
        return "-"
    middle = median(figures)
    return f"{middle:.1f}" if middle >= 10 else f"{middle:.2f}"


def spread(ratios):
    return f"{median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})"


def table(lines):
    """Markdown, the columns aligned; the first line is the heading."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    lines = [lines[0], ["-" * width for width in widths], *lines[1:]]
    return ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
