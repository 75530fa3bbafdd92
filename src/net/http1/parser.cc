// SPDX-License-Identifier: Apache-2.0
#include "net/http1/parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <cstring>

#include "net/fields.h"

namespace souk::net {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

std::string_view plain(beast::string_view text) {
  return {text.data(), text.size()};
}

// Points straight into what it is given, and notes the first thing to refuse.
class Reader final : public http::basic_parser<true> {
 public:
  Reader() {
    eager(false);
    body_limit(boost::none);
    header_limit(UINT32_MAX);
  }

  const char* text_end = nullptr;
  RequestHead* head = nullptr;
  Http1Parser::Framing* framing = nullptr;
  std::optional<Refusal> fault;
  bool has_host = false;

  std::byte* into = nullptr;  // null: the bytes are in place
  std::size_t room = 0;
  std::size_t produced = 0;
  std::uint64_t chunk_left = 0;
  bool in_trailer = false;

  bool chunked_body() const { return chunked(); }
  bool keeps_alive() const { return keep_alive(); }

 private:
  void refuse(int status, std::string_view detail, error_code& ec) {
    if (!fault) fault = Refusal{status, detail};
    ec = http::error::bad_value;
  }

  void on_request_impl(http::verb, beast::string_view method, beast::string_view target, int version,
                       error_code& ec) override {
    head->method = plain(method);
    head->target = plain(target);
    framing->http11 = version >= 11;
    if (target.size() > kMaxTarget) return refuse(414, "the request target is too long", ec);
    set_path(ec);
  }

  void set_path(error_code& ec) {
    std::string_view rest = head->target;
    if (rest == "*" && head->method == "OPTIONS") rest = "/";
    if (rest.front() != '/') {  // absolute form
      std::size_t scheme = rest.find("://");
      if (scheme == std::string_view::npos || scheme > 5) return refuse(400, "the request target is malformed", ec);
      std::size_t slash = rest.find_first_of("/?", scheme + 3);
      rest = slash == std::string_view::npos ? "/" : rest.substr(slash);
    }
    if (rest.find('#') != std::string_view::npos) return refuse(400, "the request target is malformed", ec);
    std::size_t question = rest.find('?');
    head->path = question == 0 ? "/" : rest.substr(0, question);
    head->query = question == std::string_view::npos ? std::string_view() : rest.substr(question + 1);
  }

  void on_field_impl(http::field field, beast::string_view name, beast::string_view value, error_code& ec) override {
    if (in_trailer) return;  // trailers are read over
    // Beast joins folded lines: then the value is elsewhere, or behind a line end.
    const char* after_name = name.data() + name.size() + 1;
    if (value.data() < after_name || value.data() > text_end ||
        std::memchr(after_name, '\r', static_cast<std::size_t>(value.data() - after_name)) != nullptr) {
      return refuse(400, "a header field is folded over lines", ec);
    }
    if (head->headers.size() == kMaxFields) return refuse(431, "there are too many header fields", ec);
    head->headers.push_back({plain(name), plain(value)});
    switch (field) {
      case http::field::content_length:
        return note_length(plain(value), ec);
      case http::field::transfer_encoding:
        if (!framing->http11) return refuse(400, "Transfer-Encoding is not part of HTTP/1.0", ec);
        if (framing->chunked || head->content_length) return refuse(400, "the body's length is ambiguous", ec);
        if (!same_name(plain(value), "chunked")) {
          return refuse(501, "the only transfer coding taken is chunked", ec);
        }
        framing->chunked = true;
        return;
      case http::field::host:
        if (has_host) return refuse(400, "there is more than one Host", ec);
        has_host = true;
        return;
      case http::field::expect:
        if (!same_name(plain(value), "100-continue")) {
          return refuse(417, "the only expectation met is 100-continue", ec);
        }
        framing->expects_continue = framing->http11;
        return;
      default:
        return;
    }
  }

  void note_length(std::string_view value, error_code& ec) {
    if (framing->chunked || head->content_length) return refuse(400, "the body's length is ambiguous", ec);
    bool digits = !value.empty() && value.size() <= 18 &&
                  std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return refuse(400, "Content-Length is not a number", ec);
    std::uint64_t length = 0;
    for (char c : value) length = length * 10 + static_cast<std::uint64_t>(c - '0');
    head->content_length = length;
  }

  void on_header_impl(error_code& ec) override {
    in_trailer = true;
    if (framing->http11 && !has_host) refuse(400, "there is no Host", ec);
  }

  void on_chunk_header_impl(std::uint64_t size, beast::string_view, error_code&) override { chunk_left = size; }

  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, error_code&) override {
    std::size_t n = body.size();
    if (into != nullptr) {
      n = std::min(n, room - produced);
      std::memcpy(into + produced, body.data(), n);
    }
    produced += n;
    chunk_left -= n;
    return n;
  }

  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view body, error_code&) override { return body.size(); }
  void on_finish_impl(error_code&) override {}
};

Refusal explain(const error_code& ec, std::string_view text) {
  if (ec == http::error::bad_version) {
    std::string_view line = text.substr(0, text.find('\r'));
    bool three_parts = std::count(line.begin(), line.end(), ' ') == 2;
    if (!three_parts) return {400, "the request line is malformed"};
    return {505, "the only versions of HTTP taken are 1.1 and 1.0"};
  }
  if (ec == http::error::bad_method) return {400, "the method is malformed"};
  if (ec == http::error::bad_target) return {400, "the request target is malformed"};
  if (ec == http::error::bad_content_length || ec == http::error::multiple_content_length ||
      ec == http::error::bad_transfer_encoding) {
    return {400, "the body's length is ambiguous"};
  }
  return {400, "the request's head is malformed"};
}

}  // namespace

struct Http1Parser::State {
  std::optional<Reader> reader;
};

Http1Parser::Http1Parser() : state_(std::make_unique<State>()) {}
Http1Parser::~Http1Parser() = default;

std::optional<Refusal> Http1Parser::find_end(std::string_view input, std::size_t& scanned, std::size_t& end) {
  end = 0;
  std::size_t at = scanned;
  for (;;) {
    const void* found = at < input.size() ? std::memchr(input.data() + at, '\n', input.size() - at) : nullptr;
    if (found == nullptr) break;
    std::size_t newline = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
    if (newline == 0 || input[newline - 1] != '\r') return Refusal{400, "a line does not end with CR LF"};
    if (newline >= 3 && input[newline - 2] == '\n') {
      end = newline + 1;
      return std::nullopt;
    }
    at = newline + 1;
  }
  scanned = input.size();
  return std::nullopt;
}

std::optional<Refusal> Http1Parser::parse(std::string_view text, RequestHead& head, Framing& framing) {
  head.method = head.target = head.path = head.query = {};
  head.headers.clear();
  head.content_length.reset();
  framing = {};
  Reader& reader = state_->reader.emplace();
  reader.text_end = text.data() + text.size();
  reader.head = &head;
  reader.framing = &framing;
  error_code ec;
  std::size_t used = reader.put({text.data(), text.size()}, ec);
  if (reader.fault) return reader.fault;
  if (ec) return explain(ec, text);
  if (used != text.size() || !reader.is_header_done()) return Refusal{400, "the request's head is malformed"};
  framing.keep_alive = reader.keeps_alive();
  head.has_body = framing.chunked || head.content_length.value_or(0) > 0;
  return std::nullopt;
}

Http1Parser::Progress Http1Parser::decode(std::span<const std::byte> input, std::span<std::byte> into) {
  Reader& reader = *state_->reader;
  Progress progress;
  reader.into = into.data();
  reader.room = into.size();
  reader.produced = 0;
  while (!reader.is_done() && progress.consumed < input.size()) {
    if (reader.chunk_left > 0 && reader.produced == reader.room) break;
    std::span<const std::byte> rest = input.subspan(progress.consumed);
    // Beast asserts that a last chunk that it has seen begin is given to it whole.
    constexpr std::string_view kLast = "0\r\n\r\n";
    const std::string_view seen(reinterpret_cast<const char*>(rest.data()), rest.size());
    if (reader.chunk_left == 0 && seen.size() < kLast.size() && kLast.starts_with(seen)) break;
    error_code ec;
    std::size_t used = reader.put({rest.data(), rest.size()}, ec);
    progress.consumed += used;
    if (ec == http::error::need_more) break;
    if (ec) {
      progress.bad = true;
      break;
    }
  }
  progress.produced = reader.produced;
  progress.done = reader.is_done();
  return progress;
}

std::uint64_t Http1Parser::chunk_left() const {
  return state_->reader->chunk_left;
}

void Http1Parser::took(std::span<const std::byte> bytes) {
  Reader& reader = *state_->reader;
  reader.into = nullptr;
  error_code ec;
  reader.put({bytes.data(), bytes.size()}, ec);
}

}  // namespace souk::net
