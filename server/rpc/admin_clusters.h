// The RPCs of the Admin service that are about clusters.

#ifndef SLUICE_SERVER_RPC_ADMIN_CLUSTERS_H_
#define SLUICE_SERVER_RPC_ADMIN_CLUSTERS_H_

#include "server/rpc/worker.h"

namespace sluice::rpc {

// As ServeAdmin.
void ServeAdminClusters(Worker& worker);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_ADMIN_CLUSTERS_H_
