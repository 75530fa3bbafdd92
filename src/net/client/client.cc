// SPDX-License-Identifier: Apache-2.0
#include "net/client/client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>
#include <mutex>

#include "base/settings.h"
#include "net/client/address_guard.h"
#include "net/fields.h"

namespace souk::net {
namespace {

constexpr std::size_t kKeptHandles = 32;
constexpr long kStreamBuffer = 512 << 10;

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

// OpenSSL writes to sockets in a way that raises SIGPIPE when the other side has gone; for the time of an exchange
// this thread does not hear it.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoBrokenPipe() {
    if (sigismember(&before_, SIGPIPE) == 1) return;
    timespec none{};
    while (sigtimedwait(&pipe_, nullptr, &none) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_;
  sigset_t before_;
};

// One exchange as the callbacks of libcurl see it.
struct Exchange {
  const ClientRequest& request;
  const ClientSettings& settings;
  CURL* easy;
  ClientResponse response;
  std::optional<Error> failure;
  bool head_told = false;
  curl_off_t moved = -1;
  std::chrono::steady_clock::time_point last_moved = std::chrono::steady_clock::now();
  char why[CURL_ERROR_SIZE] = {};

  bool succeeded() const {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status < 300;
  }

  template <class F>
  bool guard(const char* what, F f) {
    try {
      Status status = f();
      if (!status) failure = status.error();
    } catch (const std::exception& error) {
      failure = internal(std::string("the ") + what + " of an HTTP exchange threw: " + error.what());
    }
    return !failure;
  }
};

// Tells the head once.
Status tell_head(Exchange& exchange) {
  if (!exchange.request.head || exchange.head_told) return {};
  exchange.head_told = true;
  long status = 0;
  curl_easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
  exchange.response.status = static_cast<int>(status);
  return exchange.request.head(exchange.response);
}

std::size_t on_write(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  bool good = exchange.guard("sink", [&]() -> Status {
    SOUK_TRY(tell_head(exchange));
    if (exchange.request.sink && exchange.succeeded())
      return exchange.request.sink(std::as_bytes(std::span(data, size)));
    std::string& body = exchange.response.body;
    if (body.size() + size > exchange.settings.max_body) {
      return resource_exhausted("the answer is larger than " + std::to_string(exchange.settings.max_body) + " bytes");
    }
    body.append(data, size);
    return {};
  });
  return good ? size : 0;
}

std::size_t on_read(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  std::size_t filled = 0;
  bool good = exchange.guard("body source", [&]() -> Status {
    filled = SOUK_TRY(exchange.request.body_source(std::as_writable_bytes(std::span(data, size))));
    if (filled > size) return internal("a body source returned more than it was asked for");
    return {};
  });
  return good ? filled : CURL_READFUNC_ABORT;
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  std::string_view line(data, size);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' ')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // of the answer proper, behind those of 100 or of a redirect
    exchange.response.headers.clear();
    exchange.response.body.clear();
    return size;
  }
  std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  exchange.response.headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
  return size;
}

// Called with the address that the connection would be made to.
curl_socket_t on_open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (Status admitted = exchange.settings.guard->check(&address->addr); !admitted) {
    exchange.failure = admitted.error();
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int on_progress(void* user, curl_off_t, curl_off_t down, curl_off_t, curl_off_t up) {
  auto& exchange = *static_cast<Exchange*>(user);
  auto now = std::chrono::steady_clock::now();
  if (down + up != exchange.moved) {
    exchange.moved = down + up;
    exchange.last_moved = now;
    return 0;
  }
  auto limit = exchange.settings.stall_timeout;
  if (limit.count() == 0 || now - exchange.last_moved < limit) return 0;
  exchange.failure = deadline_exceeded("nothing moved for " + std::to_string(limit.count()) + " ms");
  return 1;
}

Status check(const ClientRequest& request) {
  if (!is_token(request.method)) return invalid_argument("the HTTP method is malformed");
  bool odd = std::any_of(request.url.begin(), request.url.end(),
                         [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
  if (odd || request.url.empty()) {
    return invalid_argument("the URL is empty or holds spaces or control characters").at("url");
  }
  for (const Header& header : request.headers) {
    if (!is_token(header.name)) return invalid_argument("a header's name is malformed").at("headers");
    if (!is_field_value(header.value)) {
      return invalid_argument("the header " + header.name + " holds a line end or NUL").at("headers");
    }
  }
  return {};
}

bool goes_to_loopback(const std::string& url) {
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts(curl_url(), curl_url_cleanup);
  char* host = nullptr;
  if (curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK ||
      curl_url_get(parts.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) {
    return false;
  }
  std::string_view name(host);
  bool loopback = name == "localhost" || name.ends_with(".localhost") || name.starts_with("127.") || name == "[::1]";
  curl_free(host);
  return loopback;
}

List make_headers(const ClientRequest& request) {
  List list(nullptr, curl_slist_free_all);
  auto add = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    list.release();
    list.reset(longer);
  };
  bool has_type = false;
  for (const Header& header : request.headers) {
    has_type = has_type || same_name(header.name, "Content-Type");
    add(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  add("Expect:");  // never waits for 100 Continue
  if (!has_type) add("Content-Type:");
  return list;
}

void set_body(CURL* easy, const ClientRequest& request) {
  if (request.body_source) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_off_t size = request.body_size ? static_cast<curl_off_t>(*request.body_size) : -1;
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, size);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kStreamBuffer);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
             request.method == "PATCH") {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  if (request.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void set_up(Exchange& exchange, curl_slist* headers) {
  CURL* easy = exchange.easy;
  const ClientSettings& settings = exchange.settings;
  const ClientRequest& request = exchange.request;
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "souk");
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!settings.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
  if (settings.follow_redirects) {
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 10L);
  }
  if (settings.guard != nullptr || goes_to_loopback(request.url)) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  if (settings.guard != nullptr) {
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &exchange);
  }
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.value_or(settings.timeout).count()));
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_READDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange.why);
  if (request.sink) curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kStreamBuffer);
  set_body(easy, request);
}

Error explain(const Exchange& exchange, CURLcode rc) {
  std::string text = exchange.request.method + " " + settings::mask_url(exchange.request.url) +
                     " failed: " + (exchange.why[0] != '\0' ? exchange.why : curl_easy_strerror(rc));
  switch (rc) {
    case CURLE_OPERATION_TIMEDOUT:
      return deadline_exceeded(std::move(text));
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return invalid_argument(std::move(text)).at("url");
    default:
      return unavailable(std::move(text));
  }
}

}  // namespace

struct Client::State {
  explicit State(ClientSettings settings) : settings(std::move(settings)) {}

  const ClientSettings settings;
  std::mutex mutex;
  std::vector<Handle> idle;  // the last used is the first taken: its connections are the warmest

  Handle take() {
    {
      std::lock_guard lock(mutex);
      if (!idle.empty()) {
        Handle handle = std::move(idle.back());
        idle.pop_back();
        return handle;
      }
    }
    return Handle(curl_easy_init(), curl_easy_cleanup);
  }
  void put_back(Handle handle) {
    curl_easy_reset(handle.get());
    std::lock_guard lock(mutex);
    if (idle.size() < kKeptHandles) idle.push_back(std::move(handle));
  }
};

std::string_view ClientResponse::header(std::string_view name) const {
  auto found = std::find_if(headers.begin(), headers.end(), [&](const Header& h) { return same_name(h.name, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

Client::Client(ClientSettings settings) : state_(std::make_unique<State>(std::move(settings))) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

Client::~Client() {
  NoBrokenPipe quiet;
  state_.reset();
}

Result<ClientResponse> Client::send(const ClientRequest& request) {
  SOUK_TRY(check(request));
  NoBrokenPipe quiet;
  Handle handle = state_->take();
  if (!handle) return internal("libcurl cannot make a handle");
  Exchange exchange{request, state_->settings, handle.get(), {}, {}};
  List headers = make_headers(request);
  set_up(exchange, headers.get());
  CURLcode rc = curl_easy_perform(handle.get());
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  state_->put_back(std::move(handle));
  // Well ended, a failure was that of an address that was refused before another one was reached.
  if (rc != CURLE_OK && exchange.failure) return std::move(*exchange.failure);
  if (rc != CURLE_OK) return explain(exchange, rc);
  exchange.response.status = static_cast<int>(status);
  if (request.head && !exchange.head_told) SOUK_TRY(request.head(exchange.response));
  return std::move(exchange.response);
}

}  // namespace souk::net
