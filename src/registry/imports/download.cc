// SPDX-License-Identifier: Apache-2.0
#include "registry/imports/download.h"

#include <algorithm>
#include <charconv>

#include "net/client/client.h"
#include "registry/imports/archive.h"

namespace souk::registry {

namespace {

constexpr int kMostRedirects = 5;
constexpr std::size_t kLongestUrl = 4096;
constexpr std::uint64_t kTellEvery = 4 << 20;

bool is_secure(std::string_view url) {
  return url.starts_with("https://");
}

// "https://host:443" of a URL that was checked.
std::string_view origin_of(std::string_view url) {
  const std::size_t slash = url.find('/', url.find("://") + 3);
  return url.substr(0, slash);
}

std::string_view path_of(std::string_view url) {
  std::string_view path = url.substr(std::min(origin_of(url).size(), url.size()));
  return path.substr(0, path.find_first_of("?#"));
}

// The URL that a Location means (RFC 3986, 5.2, for what servers send). Errors: as check_import_url,
// permission_denied (from https to http)
Result<std::string> redirected(const std::string& from, std::string_view location) {
  std::string to(location);
  if (to.starts_with("//")) {
    to = from.substr(0, from.find("//")) + to;
  } else if (to.starts_with('/')) {
    to = std::string(origin_of(from)) + to;
  } else if (to.find("://") == std::string::npos) {
    const std::string base(from.substr(0, from.find_first_of("?#")));
    to = base.substr(0, std::max(base.rfind('/') + 1, origin_of(from).size())) + to;
  }
  if (Status fits = check_import_url(to); !fits) {
    return permission_denied("the URL redirects to where imports do not go").because(fits.error());
  }
  if (is_secure(from) && !is_secure(to)) return permission_denied("the URL redirects from https to http");
  return to;
}

Error refused(const net::ClientResponse& response) {
  const std::string message = "the server of the URL answers " + std::to_string(response.status);
  if (response.status == 429 || response.status >= 500) return unavailable(message);
  if (response.status == 404 || response.status == 410) return not_found(message).at("url");
  return failed_precondition(message).at("url").advise("the URL must be open to everyone, or carry what it needs");
}

std::string validator_of(const net::ClientResponse& response) {
  const std::string_view tag = response.header("ETag");
  if (!tag.empty() && !tag.starts_with("W/")) return std::string(tag);
  return std::string(response.header("Last-Modified"));
}

// One file, over as many redirects as it takes.
class Download {
 public:
  Download(const Downloading& how, DownloadState& state)
      : how_(how),
        state_(state),
        client_({.timeout = std::chrono::milliseconds(0), .ca_file = how.settings.ca_file, .guard = &how.guard}) {}

  Result<std::unique_ptr<blobs::Writer>> run(std::string url) {
    SOUK_TRY(open());
    for (int redirects = 0;; redirects++) {
      const auto response = SOUK_TRY(get(url));
      if (response.status == 200 || response.status == 206) return std::move(writer_);
      if (response.status == 416 && writer_->size() > 0) return restart();
      const std::string_view location = response.header("Location");
      const bool moved = response.status >= 301 && response.status <= 308 && response.status != 304;
      if (!moved || location.empty()) return refused(response);
      if (redirects == kMostRedirects) return failed_precondition("the URL redirects too often").at("url");
      url = SOUK_TRY(redirected(url, location));
    }
  }

 private:
  Status open() {
    if (!state_.upload.empty()) {
      Result<std::unique_ptr<blobs::Writer>> writer = how_.blobs.resume(state_.upload);
      if (writer) {
        writer_ = std::move(*writer);
        return {};
      }
      if (writer.error().code != Code::not_found) return std::move(writer).error();
    }
    writer_ = SOUK_TRY(how_.blobs.create());
    SOUK_TRY(writer_->suspend());  // from here on it survives this process
    state_ = {writer_->id(), ""};
    return how_.save(state_);
  }

  // Something else lies there now: from the beginning, at the next attempt.
  Error restart() {
    writer_->discard();
    state_ = {};
    Status saved = how_.save(state_);
    if (!saved) return std::move(saved).error();
    return unavailable("the file at the URL changed while it was downloaded");
  }

  Result<net::ClientResponse> get(const std::string& url) {
    net::ClientRequest request;
    request.url = url;
    const std::uint64_t begun = writer_->size();
    if (begun > 0 && !state_.validator.empty()) {
      request.headers.push_back({"Range", "bytes=" + std::to_string(begun) + "-"});
      request.headers.push_back({"If-Range", state_.validator});
    }
    request.head = [&](const net::ClientResponse& head) { return begin(head, begun); };
    request.sink = [&](std::span<const std::byte> bytes) { return take(bytes); };
    auto response = client_.send(request);
    if (response) return response;
    // What came is kept, for the next attempt.
    if (writer_ && state_.upload == writer_->id()) (void)writer_->suspend();
    if (how_.stop.stop_requested()) return cancelled("the import was asked to stop");
    if (response.error().code == Code::deadline_exceeded)
      return unavailable("the download stalled").because(response.error());
    return response;
  }

  // Before the first byte of an answer that is the file.
  Status begin(const net::ClientResponse& head, std::uint64_t begun) {
    if (head.status != 200 && head.status != 206) return {};
    if (head.status == 206 && !continues(head, begun)) return restart();
    if (head.status == 200 && begun > 0) {
      writer_->discard();
      writer_ = SOUK_TRY(how_.blobs.create());
      SOUK_TRY(writer_->suspend());
      state_ = {writer_->id(), ""};
    }
    std::uint64_t length = 0;
    const std::string_view text = head.header("Content-Length");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (!text.empty() && error == std::errc()) total_ = writer_->size() + length;
    if (total_ && *total_ > how_.settings.max_download.count) return too_large();
    state_.validator = validator_of(head);
    return how_.save(state_);
  }

  static bool continues(const net::ClientResponse& head, std::uint64_t begun) {
    return std::string(head.header("Content-Range")).starts_with("bytes " + std::to_string(begun) + "-");
  }

  Status take(std::span<const std::byte> bytes) {
    if (how_.stop.stop_requested()) return cancelled("the import was asked to stop");
    if (writer_->size() + bytes.size() > how_.settings.max_download.count) return too_large();
    SOUK_TRY(writer_->write(bytes));
    if (writer_->size() < told_ + kTellEvery) return {};
    told_ = writer_->size();
    return how_.tell(told_, total_);
  }

  Error too_large() const {
    return resource_exhausted("the file at the URL is larger than the " +
                              std::to_string(how_.settings.max_download.count) + " bytes that imports may have")
        .at("url");
  }

  const Downloading& how_;
  DownloadState& state_;
  net::Client client_;
  std::unique_ptr<blobs::Writer> writer_;
  std::optional<std::uint64_t> total_;
  std::uint64_t told_ = 0;
};

}  // namespace

Status check_import_url(const std::string& url) {
  const auto wrong = [](const std::string& why) -> Status {
    return invalid_argument("the URL " + why).at("url").advise("an http:// or https:// URL without a password");
  };
  if (url.size() > kLongestUrl) return wrong("is longer than 4096 bytes");
  if (!url.starts_with("http://") && !url.starts_with("https://")) return wrong("is neither http:// nor https://");
  if (std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= 0x20 || c >= 0x7f || c == '\\'; })) {
    return wrong("holds characters that must be escaped");
  }
  const std::string_view host = origin_of(url).substr(url.find("://") + 3);
  if (host.empty() || host.front() == '?' || host.front() == '#') return wrong("names no host");
  if (host.find('@') != std::string_view::npos) return wrong("holds a user or password");
  return {};
}

std::string file_name_of_url(const std::string& url) {
  const std::string_view path = path_of(url);
  const Result<std::string> name = net::decode_path_segment(path.substr(path.rfind('/') + 1));
  if (name && name->find('/') == std::string::npos && check_import_path(*name) && !is_left_out(*name)) return *name;
  return "download";
}

Result<std::unique_ptr<blobs::Writer>> download(const Downloading& how, const std::string& url, DownloadState& state) {
  return Download(how, state).run(url);
}

}  // namespace souk::registry
