// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/store.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "blobs/s3/parts.h"
#include "blobs/s3/reader.h"
#include "blobs/s3/writer.h"

namespace souk::blobs::s3 {

namespace {

constexpr std::size_t kPage = 1000;
constexpr std::uint64_t kMaxParts = 10'000;

std::string setting_or(const std::string& setting, const char* variable) {
  const char* value = setting.empty() ? std::getenv(variable) : nullptr;
  return value != nullptr ? value : setting;
}

}  // namespace

Result<std::unique_ptr<Blobs>> S3Blobs::open(const std::string& url, const S3Settings& settings, Logger& log,
                                             Metrics& metrics) {
  Address address = SOUK_TRY(address_of(url));
  Credentials credentials = SOUK_TRY(credentials_of(settings));
  const std::string place = address.url.substr(0, address.url.find('?'));
  auto core = std::make_unique<Core>(std::move(address), std::move(credentials), settings, log, metrics);
  SOUK_TRY(core->bucket.check());
  Gauge& gauge = metrics.gauge("souk_blobs_stored_bytes", "Bytes of all blobs kept", {"place"}).with({place});
  metrics.on_render([&gauge, stored = core->stored] { gauge.set(stored->shown()); });
  std::unique_ptr<S3Blobs> made(new S3Blobs(std::move(core)));
  made->counter_ = std::jthread([blobs = made.get()](std::stop_token stop) { blobs->count_stored(stop); });
  return std::unique_ptr<Blobs>(std::move(made));
}

Result<Credentials> S3Blobs::credentials_of(const S3Settings& settings) {
  Credentials out{setting_or(settings.access_key, "AWS_ACCESS_KEY_ID"),
                  setting_or(settings.secret_key, "AWS_SECRET_ACCESS_KEY"),
                  setting_or(settings.session_token, "AWS_SESSION_TOKEN")};
  if (out.access_key.empty() || out.secret_key.empty()) {
    return invalid_argument("blobs in S3 need credentials")
        .at("s3.access_key")
        .advise(
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or s3.access_key and "
            "s3.secret_key in the settings file");
  }
  return out;
}

Result<Address> S3Blobs::address_of(const std::string& url) {
  return parse_address(url, [](const char* name) -> const char* { return std::getenv(name); });
}

S3Blobs::~S3Blobs() {
  core_->sender.stop();
  counter_ = {};
}

Result<std::unique_ptr<blobs::Writer>> S3Blobs::create() {
  return Writer::create(*core_);
}

Result<std::unique_ptr<blobs::Writer>> S3Blobs::resume(const std::string& id) {
  return Writer::resume(*core_, id);
}

Result<PartPlan> S3Blobs::plan_parts(std::uint64_t size) {
  if (size > core_->buffers.size() * kMaxParts) {
    return resource_exhausted("an upload to S3 has at most 10000 parts of " + std::to_string(core_->buffers.size()) +
                              " bytes, and " + std::to_string(size) + " bytes need more")
        .at("size")
        .advise("let who runs this server set s3.part_size higher");
  }
  return PartPlan{size, core_->buffers.size()};
}

Result<std::unique_ptr<PartUpload>> S3Blobs::create_parts(const PartPlan& plan) {
  return Parts::create(*core_, plan);
}

Result<std::unique_ptr<PartUpload>> S3Blobs::resume_parts(const std::string& id, const PartPlan& plan) {
  return Parts::resume(*core_, id, plan);
}

Result<std::optional<std::uint64_t>> S3Blobs::find_size(const Digest& digest) {
  std::optional<Place> place = SOUK_TRY(core_->find(digest));
  return place ? std::optional(place->size) : std::nullopt;
}

Result<std::unique_ptr<blobs::Reader>> S3Blobs::open_blob(const Digest& digest) {
  std::optional<Place> place = SOUK_TRY(core_->find(digest));
  if (!place) return not_found("blob " + digest.string() + " does not exist");
  return std::unique_ptr<blobs::Reader>(std::make_unique<Reader>(*core_, std::move(*place), digest));
}

Result<std::vector<StoredBlob>> S3Blobs::list(const std::optional<Digest>& after, std::size_t count) {
  static const Digest kEmpty = sha256("");
  std::vector<StoredBlob> out;
  std::string last = after ? core_->blob_key(*after) : "";
  while (out.size() < count) {
    std::vector<Listed> page =
        SOUK_TRY(core_->bucket.list(core_->prefix + "sha256/", last, std::min(count - out.size(), kPage)));
    for (const Listed& one : page) {
      Result<Digest> digest = Digest::parse("sha256:" + one.key.substr(one.key.rfind('/') + 1));
      if (!digest || core_->blob_key(*digest) != one.key) continue;
      std::uint64_t size = one.size;
      if (size == 0 && *digest != kEmpty) {
        std::optional<Place> place = SOUK_TRY(core_->find(*digest));
        if (!place) continue;
        size = place->size;
      }
      out.push_back({*digest, size});
    }
    if (page.empty()) break;
    last = page.back().key;
  }
  return out;
}

// The bytes first: what still stands for them says that they are to be removed again.
Status S3Blobs::remove(const Digest& digest) {
  std::optional<Place> place = SOUK_TRY(core_->find(digest));
  if (!place) return {};
  if (!place->data.empty()) SOUK_TRY(core_->bucket.remove(place->key));
  SOUK_TRY(core_->bucket.remove(core_->blob_key(digest)));
  core_->stored->add(-static_cast<std::int64_t>(place->size));
  return {};
}

// An upload that was becoming a blob when its process ended is one, or its bytes are nobody's.
Result<bool> S3Blobs::expire_marker(const Listed& marker, Time before) {
  std::string id = marker.key.substr(marker.key.rfind('/') + 1);
  if (!Core::is_id(id) || marker.modified >= before) return false;
  std::optional<Object> object = SOUK_TRY(core_->bucket.find(marker.key));
  if (!object) return false;
  for (const Upload& upload : SOUK_TRY(core_->bucket.list_uploads(core_->data_key(id)))) {
    if (!SOUK_TRY(expire_parts(upload, before))) return false;  // its parts still come
  }
  bool is_blob = false;
  if (auto named = object->metadata.find(kMetaDigest); named != object->metadata.end()) {
    Result<Digest> digest = Digest::parse(named->second);
    std::optional<Place> place;
    if (digest) place = SOUK_TRY(core_->find(*digest));
    is_blob = place && place->data == id;
  }
  if (!is_blob) SOUK_TRY(core_->bucket.remove(core_->data_key(id)));
  SOUK_TRY(core_->bucket.remove(marker.key));
  return !is_blob;
}

// An upload is as old as its newest part.
Result<bool> S3Blobs::expire_parts(const Upload& upload, Time before) {
  if (upload.begun >= before) return false;
  Result<std::vector<Part>> parts = core_->bucket.list_parts(upload.key, upload.id);
  if (!parts) return parts.error().code == Code::not_found ? Result<bool>(false) : std::move(parts).error();
  if (std::any_of(parts->begin(), parts->end(), [&](const Part& part) { return part.modified >= before; })) {
    return false;
  }
  SOUK_TRY(core_->bucket.abort_upload(upload.key, upload.id));
  return true;
}

Result<std::size_t> S3Blobs::expire_uploads(Time before) {
  std::set<std::string> dropped;
  const std::string prefix = core_->prefix + "uploads/";
  for (std::string last;;) {
    std::vector<Listed> page = SOUK_TRY(core_->bucket.list(prefix, last, kPage));
    for (const Listed& marker : page) {
      if (SOUK_TRY(expire_marker(marker, before))) dropped.insert(marker.key.substr(prefix.size()));
    }
    if (page.size() < kPage) break;
    last = page.back().key;
  }
  const std::string data = core_->prefix + "data/";
  for (const Upload& upload : SOUK_TRY(core_->bucket.list_uploads(data))) {
    if (upload.key.starts_with(data) && SOUK_TRY(expire_parts(upload, before))) {
      dropped.insert(upload.key.substr(data.size()));
    }
  }
  count_stored({});
  return dropped.size();
}

Result<std::uint64_t> S3Blobs::count(std::stop_token stop) {
  std::uint64_t sum = 0;
  for (const char* folder : {"sha256/", "data/"}) {
    for (std::string last; !stop.stop_requested();) {
      std::vector<Listed> page = SOUK_TRY(core_->bucket.list(core_->prefix + folder, last, kPage));
      for (const Listed& one : page) sum += one.size;
      if (page.size() < kPage) break;
      last = page.back().key;
    }
  }
  return sum;
}

void S3Blobs::count_stored(std::stop_token stop) {
  core_->stored->count([&] {
    Result<std::uint64_t> sum = count(stop);
    if (!sum) core_->log.warn("blobs", "counting the stored bytes failed", {{"why", sum.error().describe()}});
    return sum;
  });
}

Result<std::uint64_t> S3Blobs::stored_bytes() {
  return core_->stored->get();
}

}  // namespace souk::blobs::s3
