// SPDX-License-Identifier: Apache-2.0
//
// Artifacts and the bytes that souk holds. Inside the room only.
#pragma once

#include "registry/records/model.h"
#include "registry/state.h"

namespace souk::registry {

// The MODEL artifact, named as the model, that shows a sealed version's bytes.
Status show_bytes(store::Tx& tx, const Place& place, const ModelVersion& version);
// An open version of which nothing is known points where its model artifact does.
Status note_foreign_bytes(store::Tx& tx, const Artifact& artifact);

}  // namespace souk::registry
