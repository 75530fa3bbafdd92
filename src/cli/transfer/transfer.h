// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a version, up and down by OCI's distribution API. Every byte is hashed while it moves.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/reference.h"
#include "cli/remote.h"
#include "cli/transfer/pack.h"
#include "cli/transfer/progress.h"

namespace souk::cli {

// Sends the files that the server lacks, several at a time. The digests are in the files' order.
// Errors: aborted (a file changed while it was sent), and the server's
Result<std::vector<Digest>> push_files(Remote& remote, const std::string& repository,
                                       const std::vector<PackFile>& files, Progress& progress);
Status push_bytes(Remote& remote, const std::string& repository, const std::string& bytes);
// Errors: failed_precondition (the tag is another version's)
Result<Digest> push_manifest(Remote& remote, const std::string& repository, const std::string& tag,
                             const std::string& manifest);

struct PullFile {
  std::string path;
  Digest digest;
  std::uint64_t size = 0;
  bool executable = false;
};
struct PullPlan {
  Digest digest;  // of the manifest
  std::vector<PullFile> files;
  std::uint64_t size = 0;
};

// What a manifest's layers become. Errors: invalid_argument (a path that leads out of the folder, two layers with
// one path), failed_precondition (a layer that is no file)
Result<PullPlan> plan_pull(std::string_view manifest);
// `reference` is a tag or a digest, which the manifest must have.
Result<PullPlan> fetch_plan(Remote& remote, const std::string& repository, const std::string& reference);

// Writes the files under `folder`: each under a temporary name, renamed once its digest is right. A file that is there
// with other content is replaced only with `overwrite`. No link under `folder` is followed.
Status pull_files(Remote& remote, const std::string& repository, const PullPlan& plan,
                  const std::filesystem::path& folder, bool overwrite, Progress& progress);

// Runs f(0) … f(count-1) on a few threads; the first error wins and stops the rest.
Status in_parallel(std::size_t count, const std::function<Status(std::size_t)>& f);

}  // namespace souk::cli
