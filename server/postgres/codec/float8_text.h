// Double-precision numbers as PostgreSQL's text.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_FLOAT8_TEXT_H_
#define SLUICE_SERVER_POSTGRES_CODEC_FLOAT8_TEXT_H_

#include <string>

namespace sluice::postgres {

// What float8out writes with extra_float_digits of 1 or more: the shortest
// digits that read back as the same number, however the reader rounds. So it
// has a digit more than ShortestText where that lies exactly in the middle
// between the number and the next one.
std::string Float8Text(double number);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_FLOAT8_TEXT_H_
