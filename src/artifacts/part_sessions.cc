// SPDX-License-Identifier: Apache-2.0
#include "artifacts/part_sessions.h"

#include <vector>

namespace souk::artifacts {

namespace {

Error in_use(const std::string& id, std::uint32_t number) {
  std::string what =
      number == 0 ? "upload " + id + " is in use"
                  : "part " + std::to_string(number) + " of upload " + id + " is in use, or the upload is being ended";
  return aborted(std::move(what))
      .advise("wait for the other request, then ask what is there")
      .retry_in(std::chrono::seconds(1));
}

}  // namespace

PartSessions::Session& PartSessions::session(const std::string& id) {
  auto [found, is_new] = sessions_.try_emplace(id);
  if (is_new) {
    found->second.place = order_.insert(order_.end(), id);
  } else {
    order_.splice(order_.end(), order_, found->second.place);
  }
  return found->second;
}

std::vector<std::shared_ptr<blobs::PartUpload>> PartSessions::trim() {
  std::vector<std::shared_ptr<blobs::PartUpload>> dropped;
  for (auto at = order_.begin(); at != order_.end() && sessions_.size() > most_;) {
    auto found = sessions_.find(*at);
    if (!found->second.taken.empty()) {
      ++at;
      continue;
    }
    dropped.push_back(std::move(found->second.upload));
    at = order_.erase(at);
    sessions_.erase(found);
  }
  return dropped;
}

void PartSessions::keep(const std::string& id, std::unique_ptr<blobs::PartUpload> upload) {
  std::vector<std::shared_ptr<blobs::PartUpload>> dropped;  // destroyed without the lock
  std::lock_guard lock(mutex_);
  session(id).upload = std::move(upload);
  dropped = trim();
}

Result<std::shared_ptr<blobs::PartUpload>> PartSessions::take(const std::string& id, std::uint32_t number,
                                                              const Open& open) {
  std::shared_ptr<blobs::PartUpload> upload;
  {
    std::lock_guard lock(mutex_);
    Session& one = session(id);
    const bool free = number == 0 ? one.taken.empty() : !one.taken.contains(0) && !one.taken.contains(number);
    if (!free) return in_use(id, number);
    one.taken.insert(number);
    upload = one.upload;
  }
  // Gives the part back when the last pointer to it goes.
  std::shared_ptr<void> taken(nullptr, [this, id, number](void*) { release(id, number); });
  if (!upload) {
    std::unique_ptr<blobs::PartUpload> opened = SOUK_TRY(open());
    std::vector<std::shared_ptr<blobs::PartUpload>> dropped;
    std::lock_guard lock(mutex_);
    Session& one = session(id);
    if (!one.upload) one.upload = std::move(opened);  // another part may have been quicker
    upload = one.upload;
    dropped = trim();
  }
  struct Held {
    std::shared_ptr<blobs::PartUpload> upload;
    std::shared_ptr<void> taken;
  };
  auto held = std::make_shared<Held>(Held{upload, std::move(taken)});
  return std::shared_ptr<blobs::PartUpload>(held, upload.get());
}

void PartSessions::release(const std::string& id, std::uint32_t number) {
  std::shared_ptr<blobs::PartUpload> dropped;
  std::lock_guard lock(mutex_);
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  found->second.taken.erase(number);
  if (found->second.upload || !found->second.taken.empty()) return;
  order_.erase(found->second.place);  // it could not be opened
  sessions_.erase(found);
}

void PartSessions::forget(const std::string& id) {
  std::shared_ptr<blobs::PartUpload> dropped;
  std::lock_guard lock(mutex_);
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  dropped = std::move(found->second.upload);
  if (!found->second.taken.empty()) return;  // goes with the last that has it
  order_.erase(found->second.place);
  sessions_.erase(found);
}

}  // namespace souk::artifacts
