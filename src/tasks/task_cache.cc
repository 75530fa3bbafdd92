// SPDX-License-Identifier: Apache-2.0
#include "tasks/task_cache.h"

#include <fstream>

namespace souk::tasks {
namespace {

constexpr std::size_t kMost = 256;
constexpr std::uint64_t kMaxLabelBytes = 4 << 20;

Result<std::string> read_version_file(const serving::Pinned& pinned, const std::string& path) {
  for (const registry::VersionFile& file : *pinned->files) {
    if (file.path != path) continue;
    std::ifstream in(file.local_path, std::ios::binary);
    std::string text(kMaxLabelBytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMaxLabelBytes)
      return resource_exhausted("file '" + path + "' of model " + pinned->model + " is larger than 4 MiB");
    return text;
  }
  return not_found("model " + pinned->model + " has no file '" + path + "'");
}

}  // namespace

Result<TaskPtr> TaskCache::get(const serving::Pinned& pinned) {
  {
    std::lock_guard lock(mutex_);
    if (auto found = tasks_.find(pinned->digest); found != tasks_.end()) return found->second;
  }
  const auto none = [&] {
    return failed_precondition("version " + std::to_string(pinned->version) + " of model " + pinned->model +
                               " declares no task")
        .advise("add a souk.yaml with `task:` to the version, or call it with tensors at /v2/models/" + pinned->slug +
                "/infer");
  };
  if (!pinned->declaration) return none();
  auto task = SOUK_TRY(make_task(*pinned->declaration, pinned->signature,
                                 [&](const std::string& path) { return read_version_file(pinned, path); }));
  if (!task) return none();
  std::lock_guard lock(mutex_);
  if (tasks_.size() >= kMost) tasks_.clear();
  tasks_.emplace(pinned->digest, task);
  return task;
}

}  // namespace souk::tasks
