// The schema `sluice` of a served database: its migrations are the files of
// served/.

#ifndef SLUICE_SERVER_PROVISION_SERVED_PLAN_H_
#define SLUICE_SERVER_PROVISION_SERVED_PLAN_H_

#include "server/provision/migration.h"

namespace sluice::provision {

SchemaPlan MakeServedPlan();

}  // namespace sluice::provision

#endif  // SLUICE_SERVER_PROVISION_SERVED_PLAN_H_
