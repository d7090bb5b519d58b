// Writes the first inputs of a fuzzer.
//
//   write_seeds FUZZER FOLDER

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "server/postgres/codec/big_endian.h"
#include "server/postgres/codec/result_format.h"
#include "server/postgres/codec/row_decoder.h"
#include "tests/fuzz/column_invariants.h"
#include "tests/fuzz/fuzz_types.h"
#include "tests/fuzz/identity_seeds.h"
#include "tests/fuzz/wire_samples.h"
#include "tests/support/column_values.h"

namespace sluice::fuzz {
namespace {

using postgres::TypeRef;
using postgres::WireFormat;

constexpr int kVariants = 4;

std::string LittleEndian(size_t number) {
  return {static_cast<char>(number & 0xff), static_cast<char>(number >> 8)};
}

// Input of row_decoder_fuzzer: a column of the type, a value, NULL, a value.
std::string CellsSeed(size_t type_number, int variant) {
  const TypeRef& type = FuzzType(type_number);
  std::string seed(1, '\0');
  seed += LittleEndian(type_number);
  seed += '\1';
  for (const int next : {variant, variant + 1}) {
    const std::string sample = WireSample(*type, next);
    seed += absl::StrCat(LittleEndian(sample.size()), sample, "\xff\xff");
  }
  return seed;
}

// The same, as the body of a DataRow.
std::string RowSeed(size_t type_number, int variant) {
  std::string seed(1, '\0');
  seed += LittleEndian(type_number);
  seed += '\0';
  const std::string sample = WireSample(*FuzzType(type_number), variant);
  postgres::AppendBigEndian(int16_t{1}, seed);
  postgres::AppendBigEndian(static_cast<int32_t>(sample.size()), seed);
  return seed + sample;
}

// The value of a sample; a text that is none where the type is asked for in
// text.
v1::Value ValueOf(const TypeRef& type, int variant) {
  google::protobuf::RepeatedPtrField<v1::Column> columns;
  const TypeRef types[] = {type};
  postgres::RowDecoder decoder(types, &columns);
  std::string body;
  const std::string sample = WireSample(*type, variant);
  postgres::AppendBigEndian(int16_t{1}, body);
  postgres::AppendBigEndian(static_cast<int32_t>(sample.size()), body);
  const absl::Status status = decoder.AddRow(body + sample);
  Require(status.ok(), absl::StrCat("a good sample of ", type->name, ": ",
                                    status.ToString()));
  return testing::ValueAt(columns[0], 0);
}

// Input of parameter_fuzzer.
std::string ValueSeed(size_t type_number, int variant) {
  const v1::Value value = ValueOf(FuzzType(type_number), variant);
  std::string text;
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  Require(printer.PrintToString(value, &text), "a value as text");
  std::string seed = LittleEndian(type_number);
  return variant % 2 == 0 ? absl::StrCat(seed, std::string(1, '\0'), text)
                          : absl::StrCat(seed, "\1", value.SerializeAsString());
}

void WriteFile(const std::string& path, const std::string& seed) {
  std::ofstream file(path, std::ios::binary);
  file << seed;
  file.close();
  Require(file.good(), "a file that is written");
}

void Write(const std::string& folder, size_t type_number, int variant,
           const char* form, const std::string& seed) {
  WriteFile(absl::StrCat(folder, "/", type_number, "-", variant, form), seed);
}

// Good values of every type.
void WriteValues(const std::string& fuzzer, const std::string& folder) {
  for (size_t number = 0; number < FuzzTypes().size(); ++number) {
    for (int variant = 0; variant < kVariants; ++variant) {
      if (fuzzer == "parameter_fuzzer") {
        Write(folder, number, variant, "", ValueSeed(number, variant));
      } else {
        Write(folder, number, variant, "-cells", CellsSeed(number, variant));
        Write(folder, number, variant, "-row", RowSeed(number, variant));
      }
    }
  }
}

void WriteAll(const std::string& fuzzer, const std::string& folder) {
  const std::vector<std::string> seeds = IdentitySeeds(fuzzer);
  if (seeds.empty()) return WriteValues(fuzzer, folder);
  for (size_t i = 0; i < seeds.size(); ++i) {
    WriteFile(absl::StrCat(folder, "/", i), seeds[i]);
  }
}

}  // namespace
}  // namespace sluice::fuzz

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: write_seeds FUZZER FOLDER\n");
    return EXIT_FAILURE;
  }
  sluice::fuzz::WriteAll(argv[1], argv[2]);
  return EXIT_SUCCESS;
}
