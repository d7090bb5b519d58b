// How connections to one database are opened.

#ifndef SLUICE_SERVER_POSTGRES_CONNECTION_SETTINGS_H_
#define SLUICE_SERVER_POSTGRES_CONNECTION_SETTINGS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "absl/time/time.h"

namespace sluice::postgres {

struct ConnectionSettings {
  // Folder of a Unix socket, or a host name: then TLS, verify-full.
  std::string host;
  // IP address of a host name.
  std::string hostaddr;
  uint16_t port = 6432;
  std::string user;
  std::string password;
  std::string database;
  // The role that sessions are to be of, whoever the pooler logs in as; it has
  // no attribute that would lift it over PostgreSQL's grants. Empty: whichever.
  std::string role;
  // Custom settings that every caller finds in the session, by name.
  std::map<std::string, std::string> session_settings;
  // PEM file; for a host name.
  std::string ca_file;
  // One constant per gateway instance, at most 63 bytes.
  std::string application_name = "sluice";
  absl::Duration connect_timeout = absl::Seconds(5);
  // Prepared statements kept per connection.
  size_t max_prepared_statements = 256;

  bool over_unix_socket() const { return !host.empty() && host[0] == '/'; }
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CONNECTION_SETTINGS_H_
