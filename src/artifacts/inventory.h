// SPDX-License-Identifier: Apache-2.0
//
// What is kept, for those who copy or check all of it: bytes that something refers to, manifests, and who refers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/digest.h"
#include "store/store.h"

namespace souk::artifacts {

struct KeptBlob {
  Digest digest;
  std::int64_t size = 0;
};
BOOST_DESCRIBE_STRUCT(KeptBlob, (), (digest, size))

// Those that a repository holds or another room does, by digest.
Result<std::vector<KeptBlob>> kept_blobs(store::Tx& tx);
Result<bool> is_kept(store::Tx& tx, const Digest& digest);

// Where a blob or manifest is used: "default/digits:1, default/digits@sha256:…"; empty: nowhere.
Result<std::vector<std::string>> uses_of(store::Tx& tx, const Digest& digest);

// What repositories hold, the largest first. own_bytes: of what no other holds.
struct RepositorySize {
  std::string namespace_;
  std::string model;
  std::int64_t bytes = 0;
  std::int64_t own_bytes = 0;
  std::int64_t blobs = 0;
};
BOOST_DESCRIBE_STRUCT(RepositorySize, (), (namespace_, model, bytes, own_bytes, blobs))
Result<std::vector<RepositorySize>> largest_repositories(store::Tx& tx, std::int64_t count);

// Calls f for each manifest, whose bytes are a row of their own.
struct KeptManifest {
  std::string repository;  // "default/digits"
  Digest digest;
  store::Blob bytes;
};
Status each_manifest(store::Tx& tx, const std::function<Status(const KeptManifest&)>& f);

}  // namespace souk::artifacts
