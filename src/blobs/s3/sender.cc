// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/sender.h"

#include <pugixml.hpp>

#include "base/digest.h"
#include "blobs/s3/backoff.h"

namespace souk::blobs::s3 {

namespace {

constexpr std::uint64_t kMaxAnswer = 16 << 20;
constexpr std::chrono::minutes kSlow{30};

net::ClientSettings client_settings(const S3Settings& settings, bool slow) {
  net::ClientSettings out;
  out.timeout = std::chrono::milliseconds(0);
  out.stall_timeout = slow ? kSlow : settings.stall_timeout;
  out.ca_file = settings.ca_file;
  out.max_body = kMaxAnswer;
  return out;
}

// With 400 S3 says too that the connection was too slow for it, or that a body was damaged on its way.
bool is_passing(const net::ClientResponse& response) {
  if (response.status >= 500 || response.status == 429) return true;
  if (response.status != 400) return false;
  const std::string code = fault_of(response).code;
  return code == "RequestTimeout" || code == "IncompleteBody" || code == "BadDigest" || code == "InvalidDigest" ||
         code.find("Mismatch") != std::string::npos;
}

std::string place_of(const Address& address, const Request& request) {
  return request.method + " s3://" + address.bucket + "/" + request.key;
}

}  // namespace

Fault fault_of(const net::ClientResponse& response) {
  pugi::xml_document document;
  if (!document.load_buffer(response.body.data(), response.body.size(), pugi::parse_minimal | pugi::parse_escapes)) {
    return {};
  }
  pugi::xml_node error = document.child("Error");
  return {error.child_value("Code"), error.child_value("Message")};
}

Sender::Sender(Address address, Credentials credentials, const S3Settings& settings, Logger& log, Metrics& metrics)
    : address_(std::move(address)),
      credentials_(std::move(credentials)),
      attempts_(static_cast<int>(settings.attempts)),
      pause_(settings.pause),
      client_(client_settings(settings, false)),
      slow_client_(client_settings(settings, true)),
      log_(log),
      requests_(metrics.counter("souk_blobs_s3_requests_total", "Requests sent to the S3 server").with()),
      retries_(
          metrics.counter("souk_blobs_s3_retries_total", "Requests to the S3 server that were sent again").with()) {}

Sender::Attempt Sender::attempt(const Request& request) {
  const std::string path = request.key.empty()
                               ? address_.base.substr(0, std::max<std::size_t>(address_.base.size() - 1, 1))
                               : address_.path(request.key);
  net::ClientRequest sent;
  sent.method = request.method;
  sent.url = address_.origin + path;
  if (std::string query = canonical_query(request.query); !query.empty()) sent.url += "?" + query;
  sent.headers = request.headers;
  for (net::Header& header :
       sign(credentials_, address_, now(), request.method, path, request.query, request.headers, request.payload)) {
    sent.headers.push_back(std::move(header));
  }
  if (request.body != nullptr) {
    std::span<const std::byte> rest = as_bytes(*request.body);
    sent.body_size = rest.size();
    sent.body_source = [rest](std::span<std::byte> into) mutable -> Result<std::size_t> {
      std::size_t count = std::min(into.size(), rest.size());
      std::copy_n(rest.begin(), count, into.begin());
      rest = rest.subspan(count);
      return count;
    };
  }
  std::optional<Error> refused;
  if (request.sink) {
    sent.sink = [&](std::span<const std::byte> bytes) -> Status {
      Status taken = request.sink(bytes);
      if (!taken) refused = taken.error();
      return taken;
    };
  }
  if (request.restart) request.restart();
  requests_.add();
  Attempt out{(request.slow ? slow_client_ : client_).send(sent), false, {}};
  if (!out.response) {
    out.again = !refused && out.response.error().code != Code::invalid_argument;
  } else if (is_passing(*out.response)) {
    out.again = true;
    out.asked = parse_retry_after(out.response->header("Retry-After"), now());
  }
  return out;
}

Result<net::ClientResponse> Sender::send(const Request& request) {
  Backoff backoff(attempts_, pause_);
  while (true) {
    Attempt done = attempt(request);
    if (!done.again) return std::move(done.response);
    std::optional<Duration> pause = backoff.next(done.asked);
    Error why = done.response ? error_of(*done.response, place_of(address_, request))
                              : unavailable(place_of(address_, request) + " failed").because(done.response.error());
    if (!pause || !wait(*pause)) {
      return std::move(why)
          .advise("see that the S3 server at " + address_.origin + " answers")
          .retry_in(done.asked.value_or(Duration(5'000)));
    }
    retries_.add();
    log_.debug("blobs", "a request to S3 is sent again", {{"why", why.describe()}, {"in_ms", pause->count()}});
  }
}

bool Sender::wait(Duration pause) {
  std::unique_lock lock(mutex_);
  return !stopping_.wait_for(lock, pause, [this] { return stopped_; });
}

void Sender::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  stopping_.notify_all();
}

std::string Sender::presign(const std::string& key, const Query& query, std::chrono::seconds life) const {
  return s3::presign(credentials_, address_, now(), address_.path(key), query, life);
}

Error Sender::error_of(const net::ClientResponse& response, const std::string& doing) const {
  Fault fault = fault_of(response);
  std::string message = doing + ": the S3 server answers " + std::to_string(response.status);
  if (!fault.code.empty()) message += " " + fault.code;
  if (!fault.message.empty()) message += " (" + fault.message.substr(0, 300) + ")";
  if (fault.code == "RequestTimeTooSkewed") {
    return unavailable(std::move(message)).advise("set this machine's clock, for example by NTP");
  }
  if (fault.code == "NoSuchBucket") {
    return unavailable(std::move(message))
        .advise("make the bucket " + address_.bucket + ", or name another in --blobs");
  }
  if (response.status == 401 || response.status == 403) {
    return unavailable(std::move(message))
        .advise("check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, the region, and what the key may do with the bucket " +
                address_.bucket);
  }
  if (response.status == 404) return not_found(std::move(message));
  return unavailable(std::move(message));
}

}  // namespace souk::blobs::s3
