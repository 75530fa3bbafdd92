// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/objects.h"

#include "blobs/s3/core.h"
#include "blobs/s3/reader.h"
#include "blobs/s3/store.h"

namespace souk::blobs {

namespace {
constexpr std::size_t kPage = 1000;
}  // namespace

ForeignObjects::ForeignObjects(std::unique_ptr<s3::Core> core) : core_(std::move(core)) {}

ForeignObjects::~ForeignObjects() {
  core_->sender.stop();
}

Result<std::unique_ptr<ForeignObjects>> ForeignObjects::open(const std::string& url, const S3Settings& settings,
                                                             Logger& log, Metrics& metrics) {
  s3::Address address = SOUK_TRY(s3::S3Blobs::address_of(url));
  s3::Credentials credentials = SOUK_TRY(s3::S3Blobs::credentials_of(settings));
  auto core = std::make_unique<s3::Core>(std::move(address), std::move(credentials), settings, log, metrics);
  return std::unique_ptr<ForeignObjects>(new ForeignObjects(std::move(core)));
}

Result<std::vector<ForeignObject>> ForeignObjects::list(const std::string& after) {
  std::vector<ForeignObject> out;
  std::string last = after.empty() ? "" : core_->prefix + after;
  while (out.empty()) {
    const std::vector<s3::Listed> page = SOUK_TRY(core_->bucket.list(core_->prefix, last, kPage));
    if (page.empty()) break;
    last = page.back().key;
    for (const s3::Listed& one : page) {
      if (!one.key.starts_with(core_->prefix) || (one.size == 0 && one.key.ends_with('/'))) continue;
      out.push_back({one.key.substr(core_->prefix.size()), one.size, one.tag});
    }
  }
  return out;
}

std::unique_ptr<Reader> ForeignObjects::read(const ForeignObject& object) {
  return std::make_unique<s3::Reader>(*core_, s3::Place{core_->prefix + object.path, object.size, "", object.tag},
                                      std::nullopt);
}

bool ForeignObjects::lies_in(const std::string& inner, const std::string& outer) {
  if (!inner.starts_with(outer)) return false;
  return inner.size() == outer.size() || outer.ends_with('/') || inner[outer.size()] == '/';
}

}  // namespace souk::blobs
