"""A row of the result: one kind of work, done by both sides."""

import dataclasses

# The sides, as the tables name them.
BASELINE, SLUICE = "pgbouncer", "sluice"


@dataclasses.dataclass
class Row:
    name: str
    # The load of each side.
    loads: dict
    # What was measured: a sample of each side per round.
    samples: dict = dataclasses.field(
        default_factory=lambda: {BASELINE: [], SLUICE: []})

    def ratios(self, figure):
        """The gateway's figure over the baseline's, of each round."""
        return [figure(ours) / figure(theirs) for ours, theirs in
                zip(self.samples[SLUICE], self.samples[BASELINE])]
