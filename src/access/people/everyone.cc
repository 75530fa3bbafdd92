// SPDX-License-Identifier: Apache-2.0
#include "access/people/everyone.h"

#include "access/state.h"

namespace souk::access {

Result<PrincipalPtr> everyone(const Access& access) {
  const SubjectPtr subject = SOUK_TRY(access.state().roster.find(PrincipalId()));
  Principal out;
  out.name = subject->name;
  out.grants = {subject->grants};
  return PrincipalPtr(std::make_shared<const Principal>(std::move(out)));
}

}  // namespace souk::access
