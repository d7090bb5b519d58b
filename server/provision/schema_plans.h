// The schemas that this program makes: their migrations are the files of
// served/ and control/.

#ifndef SLUICE_SERVER_PROVISION_SCHEMA_PLANS_H_
#define SLUICE_SERVER_PROVISION_SCHEMA_PLANS_H_

#include "server/provision/migration.h"

namespace sluice::provision {

// The schema `sluice` of a served database.
SchemaPlan MakeServedPlan();

// The schema `sluice_control` of the control database.
SchemaPlan MakeControlPlan();

}  // namespace sluice::provision

#endif  // SLUICE_SERVER_PROVISION_SCHEMA_PLANS_H_
