// SPDX-License-Identifier: Apache-2.0
//
// The rows of stored blobs and of what repositories hold of them.
#pragma once

#include "artifacts/artifacts.h"

namespace souk::artifacts {

inline constexpr Duration kFresh{3'600'000};  // so long a pin or link is not renewed

// Pins the bytes for a grace period and returns the generation of their row; none: they are being removed just
// now. The size is a claim until they are verified, and says nothing against a row that is there.
Result<std::optional<std::int64_t>> pin_row(store::Tx& tx, const Digest& digest, std::int64_t size, Time at);
// The same in transactions of its own, waiting for a removal under way. Errors: unavailable (that took too long)
Result<std::int64_t> pin(store::Store& store, const Digest& digest, std::uint64_t size);
// Says that the repository holds the bytes that were pinned, now verified. False: the pin had run out.
Result<bool> link_row(store::Tx& tx, const Repository& repository, const Digest& digest, std::int64_t generation,
                      std::int64_t size, Time at);

struct HeldBlob {
  std::int64_t size = 0;
  std::int64_t generation = 0;
  Time link_time;
  bool named = false;  // by a manifest of the repository
};
BOOST_DESCRIBE_STRUCT(HeldBlob, (), (size, generation, link_time, named))
Result<std::optional<HeldBlob>> find_held_blob(store::Tx& tx, const Repository& repository, const Digest& digest);

Error missing_blob(const Repository& repository, const Digest& digest);
Error being_removed(const Digest& digest);

}  // namespace souk::artifacts
