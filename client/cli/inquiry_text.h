// What Describe and GetCapabilities told, for a person or a program.

#ifndef SLUICE_CLIENT_CLI_INQUIRY_TEXT_H_
#define SLUICE_CLIENT_CLI_INQUIRY_TEXT_H_

#include <string>

#include "client/cli/options.h"
#include "sluice/client/transaction_options.h"
#include "sluice/v1/database.pb.h"

namespace sluice::cli {

// The class of the statement, then tables of its parameters and columns, and
// the plan. As JSON: the message, with the names of its proto.
std::string FormatDescription(const v1::DescribeResponse& description,
                              Format format);

// The server and the app, then tables of the databases and the limits. As
// JSON: the message.
std::string FormatCapabilities(const v1::GetCapabilitiesResponse& capabilities,
                               Format format);

// What an interactive transaction is given, in a sentence with its newline.
std::string DescribeTransactionLimits(const v1::CallLimits& limits,
                                      const client::TransactionOptions& asked);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_INQUIRY_TEXT_H_
