// The binary format of tsvector: int32 count of lexemes, then for each its
// bytes, a NUL, and a uint16 count of positions, each a uint16 with the weight
// in its two highest bits.
//
// That of tsquery: int32 count of items, then the items, an operator before
// its operands and the right one before the left one. An operand is a byte 1, a
// byte of weights, a byte 1 for a prefix, and the lexeme with a NUL; an
// operator is a byte 2, a byte that says which, and for FOLLOWED BY an int16
// distance.

#include "server/postgres/codec/text_search_text.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/postgres/codec/wire_reader.h"

namespace sluice::postgres {
namespace {

void AppendLexeme(absl::string_view lexeme, std::string& text) {
  text.push_back('\'');
  for (const char c : lexeme) {
    if (c == '\'' || c == '\\') text.push_back(c);
    text.push_back(c);
  }
  text.push_back('\'');
}

bool AppendPositions(WireReader& reader, std::string& text) {
  // Of the weights 0 to 3; that of most words is not written.
  constexpr const char* kWeights[] = {"", "C", "B", "A"};
  uint16_t count;
  if (!reader.Read(count)) return false;
  for (uint16_t i = 0; i < count; ++i) {
    uint16_t position;
    if (!reader.Read(position)) return false;
    absl::StrAppend(&text, i == 0 ? ":" : ",", position & 0x3FFF,
                    kWeights[position >> 14]);
  }
  return true;
}

class QueryText {
 public:
  // Reads the items. False when they are no query.
  bool Read(absl::string_view binary);

  void AppendTo(std::string& text) const;

 private:
  enum class ItemKind : uint8_t { kOperand, kNot, kAnd, kOr, kPhrase };

  struct Item {
    ItemKind kind = ItemKind::kOperand;
    uint8_t weights = 0;
    bool is_prefix = false;
    uint16_t distance = 0;
    absl::string_view lexeme;
    // Items that it takes with its operands.
    size_t size = 1;
  };

  // What remains to be written, the last first.
  struct Step {
    enum class Kind { kItem, kOperator, kClose } kind = Kind::kItem;
    size_t item = 0;
    // Of the operator around it.
    int priority = -1;
    bool is_right_of_phrase = false;
  };

  static bool ReadItem(WireReader& reader, Item& item);
  static bool ReadOperator(WireReader& reader, Item& item);
  static int PriorityOf(ItemKind kind);
  static void AppendOperand(const Item& item, std::string& text);
  static void AppendOperator(const Item& item, std::string& text);
  // Finds the sizes, from the innermost items on.
  bool Measure();
  void Expand(const Step& step, std::vector<Step>& steps,
              std::string& text) const;

  std::vector<Item> items_;
};

bool QueryText::Read(absl::string_view binary) {
  WireReader reader(binary);
  int32_t count;
  if (!reader.Read(count) || count < 0) return false;
  for (int32_t i = 0; i < count; ++i) {
    Item item;
    if (!ReadItem(reader, item)) return false;
    items_.push_back(item);
  }
  return reader.remaining_bytes() == 0 && Measure();
}

bool QueryText::ReadItem(WireReader& reader, Item& item) {
  uint8_t type;
  if (!reader.Read(type)) return false;
  if (type == 2) return ReadOperator(reader, item);
  uint8_t prefix;
  if (type != 1 || !reader.Read(item.weights) || !reader.Read(prefix) ||
      item.weights > 0xF || prefix > 1) {
    return false;
  }
  item.is_prefix = prefix == 1;
  return reader.ReadCString(item.lexeme);
}

bool QueryText::ReadOperator(WireReader& reader, Item& item) {
  constexpr ItemKind kOperators[] = {ItemKind::kNot, ItemKind::kAnd,
                                     ItemKind::kOr, ItemKind::kPhrase};
  uint8_t number;
  if (!reader.Read(number) || number < 1 || number > 4) return false;
  item.kind = kOperators[number - 1];
  return item.kind != ItemKind::kPhrase || reader.Read(item.distance);
}

bool QueryText::Measure() {
  for (size_t i = items_.size(); i-- > 0;) {
    Item& item = items_[i];
    const int operand_count = item.kind == ItemKind::kOperand ? 0
                              : item.kind == ItemKind::kNot   ? 1
                                                              : 2;
    for (int operand = 0; operand < operand_count; ++operand) {
      if (i + item.size >= items_.size()) return false;
      item.size += items_[i + item.size].size;
    }
  }
  return items_.empty() || items_[0].size == items_.size();
}

int QueryText::PriorityOf(ItemKind kind) {
  switch (kind) {
    case ItemKind::kOr:
      return 1;
    case ItemKind::kAnd:
      return 2;
    case ItemKind::kPhrase:
      return 3;
    default:
      return 4;
  }
}

void QueryText::AppendOperand(const Item& item, std::string& text) {
  AppendLexeme(item.lexeme, text);
  if (item.weights == 0 && !item.is_prefix) return;
  text.push_back(':');
  if (item.is_prefix) text.push_back('*');
  if ((item.weights & 8) != 0) text.push_back('A');
  if ((item.weights & 4) != 0) text.push_back('B');
  if ((item.weights & 2) != 0) text.push_back('C');
  if ((item.weights & 1) != 0) text.push_back('D');
}

void QueryText::AppendOperator(const Item& item, std::string& text) {
  if (item.kind == ItemKind::kAnd) {
    text.append(" & ");
  } else if (item.kind == ItemKind::kOr) {
    text.append(" | ");
  } else if (item.distance == 1) {
    text.append(" <-> ");
  } else {
    absl::StrAppend(&text, " <", item.distance, "> ");
  }
}

void QueryText::AppendTo(std::string& text) const {
  std::vector<Step> steps;
  if (!items_.empty()) steps.push_back({});
  while (!steps.empty()) {
    const Step step = steps.back();
    steps.pop_back();
    const Item& item = items_[step.item];
    if (step.kind == Step::Kind::kClose) {
      text.append(" )");
    } else if (step.kind == Step::Kind::kOperator) {
      AppendOperator(item, text);
    } else if (item.kind == ItemKind::kOperand) {
      AppendOperand(item, text);
    } else {
      Expand(step, steps, text);
    }
  }
}

// An operator, its operands and, where PostgreSQL writes them, parentheses.
void QueryText::Expand(const Step& step, std::vector<Step>& steps,
                       std::string& text) const {
  const ItemKind kind = items_[step.item].kind;
  const int priority = PriorityOf(kind);
  if (priority < step.priority ||
      (kind == ItemKind::kPhrase && step.is_right_of_phrase)) {
    text.append("( ");
    steps.push_back({Step::Kind::kClose, step.item});
  }
  const size_t right = step.item + 1;
  steps.push_back(
      {Step::Kind::kItem, right, priority, kind == ItemKind::kPhrase});
  if (kind == ItemKind::kNot) {
    steps.back().is_right_of_phrase = false;
    text.push_back('!');
    return;
  }
  steps.push_back({Step::Kind::kOperator, step.item});
  steps.push_back({Step::Kind::kItem, right + items_[right].size, priority});
}

}  // namespace

bool AppendTsvector(absl::string_view binary, std::string& text) {
  WireReader reader(binary);
  int32_t count;
  if (!reader.Read(count) || count < 0) return false;
  for (int32_t i = 0; i < count; ++i) {
    absl::string_view lexeme;
    if (!reader.ReadCString(lexeme)) return false;
    if (i != 0) text.push_back(' ');
    AppendLexeme(lexeme, text);
    if (!AppendPositions(reader, text)) return false;
  }
  return reader.remaining_bytes() == 0;
}

bool AppendTsquery(absl::string_view binary, std::string& text) {
  QueryText query;
  if (!query.Read(binary)) return false;
  query.AppendTo(text);
  return true;
}

}  // namespace sluice::postgres
