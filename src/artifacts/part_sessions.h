// SPDX-License-Identifier: Apache-2.0
//
// Uploads in parts of this process: which parts are being written, and the running digests. One that is forgotten is
// resumed from the store. Thread-safe.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "blobs/blobs.h"

namespace souk::artifacts {

class PartSessions {
 public:
  using Open = std::function<Result<std::unique_ptr<blobs::PartUpload>>()>;

  explicit PartSessions(std::size_t most = 256) : most_(most) {}

  // Puts in what was just created.
  void keep(const std::string& id, std::unique_ptr<blobs::PartUpload> upload);
  // Takes a part, or with number 0 the whole upload, for as long as the pointer lives.
  // Errors: aborted (somebody has it), and those of `open`
  Result<std::shared_ptr<blobs::PartUpload>> take(const std::string& id, std::uint32_t number, const Open& open);
  void forget(const std::string& id);

 private:
  struct Session {
    std::shared_ptr<blobs::PartUpload> upload;
    std::set<std::uint32_t> taken;
    std::list<std::string>::iterator place;
  };
  void release(const std::string& id, std::uint32_t number);
  // Both under the mutex; what is dropped is to be destroyed without it.
  Session& session(const std::string& id);
  std::vector<std::shared_ptr<blobs::PartUpload>> trim();

  const std::size_t most_;
  std::mutex mutex_;
  std::unordered_map<std::string, Session> sessions_;
  std::list<std::string> order_;  // the longest unused first
};

}  // namespace souk::artifacts
