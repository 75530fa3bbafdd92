// SPDX-License-Identifier: Apache-2.0
//
// Upload sessions of this process: who writes to which, and the writers of those that wait for their next chunk.
// A waiting writer holds no descriptor and no thread, only how far its digest came; without it a session is
// resumed from the stored bytes. Thread-safe.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "artifacts/artifacts.h"

namespace souk::artifacts {

class Sessions : public std::enable_shared_from_this<Sessions> {
 public:
  // Marks the session as taken. The writer that waited for it, or none: to be resumed.
  // Errors: aborted (somebody writes to it now)
  Result<std::unique_ptr<blobs::Writer>> take(const std::string& id);
  // A writer that gives the session back when it is destroyed.
  std::unique_ptr<blobs::Writer> guard(std::unique_ptr<blobs::Writer> writer);
  void give_back(const std::string& id, std::unique_ptr<blobs::Writer> writer);  // no writer: it is over
  void forget(const std::string& id);
  // True once a minute for each session: when its row is to be touched.
  bool due(const std::string& id, Time now);

 private:
  static constexpr std::size_t kWaiting = 256;
  struct Session {
    std::unique_ptr<blobs::Writer> writer;  // none: taken
    std::list<std::string>::iterator place;
    Time touched{};
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Session> sessions_;
  std::list<std::string> waiting_;  // the longest waiting first
};

}  // namespace souk::artifacts
