// SPDX-License-Identifier: Apache-2.0
#include "net/http2/exchange.h"

#include <algorithm>
#include <utility>

#include "net/fields.h"
#include "net/http2/connection.h"

namespace souk::net {
namespace {

constexpr std::size_t kFieldOverhead = 32;
constexpr std::size_t kSharedFrom = 4 << 10;  // larger pieces are lent to the outbox, not copied
constexpr std::size_t kKeptText = 8 << 10;

// Bytes that may be lent in parts.
Chunk shareable(Chunk chunk) {
  if (chunk.owner || chunk.bytes.size() < kSharedFrom) return chunk;
  auto owner = std::make_shared<const std::string>(std::move(chunk.bytes));
  auto view = std::as_bytes(std::span(*owner));
  return {view, std::move(owner)};
}

bool is_plain_target(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '#'; });
}

Error left_early() {
  return cancelled("the client left before the end of the request body").at("body");
}

}  // namespace

Http2Exchange::Http2Exchange(std::shared_ptr<Loop> loop, Http2Connection& connection, const Peer& peer)
    : LoopStream(std::move(loop), connection, peer) {
  text_.reserve(1 << 10);
  fields_.reserve(16);
}

Http2Connection& Http2Exchange::connection() const {
  return static_cast<Http2Connection&>(*carrier());
}

void Http2Exchange::begin(Http2Connection& connection, std::int32_t id, std::size_t max_head, SteadyTime now) {
  join(connection);
  reset();
  come_back();
  id_ = id;
  max_head_ = max_head;
  head_size_ = 0;
  text_.clear();
  if (text_.capacity() > kKeptText) text_ = std::string();
  fields_.clear();
  cookies_.clear();
  bodiless_ = waits_ = false;
  answer_left_.reset();
  pieces_.clear();
  first_piece_ = queued_ = 0;
  trailers_.clear();
  sent_at_ = now;
}

void Http2Exchange::field(std::string_view name, std::string_view value) {
  head_size_ += name.size() + value.size() + kFieldOverhead;
  if (head_size_ > max_head_ || fields_.size() > kMaxFields) return;
  auto at = static_cast<std::uint32_t>(text_.size());
  fields_.push_back({at, static_cast<std::uint32_t>(name.size()), at + static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size())});
  text_.append(name).append(value);
}

// Fields become views only now: the text does not move any more.
void Http2Exchange::name_parts() {
  RequestHead& head = head_;
  head.method = head.target = head.path = head.query = {};
  head.headers.clear();
  head.content_length.reset();
  head.takes_trailers = true;
  std::size_t cookie = SIZE_MAX;
  std::string_view authority;
  for (const FieldAt& at : fields_) {
    std::string_view name = text(at.name, at.name_size), value = text(at.value, at.value_size);
    if (name == ":method") {
      head.method = value;
    } else if (name == ":path") {
      head.target = value;
    } else if (name == ":authority") {
      authority = value;
    } else if (name.starts_with(':')) {
      continue;
    } else if (name == "cookie") {  // RFC 9113, 8.2.3: crumbs are put together again
      if (cookie == SIZE_MAX) {
        cookie = head.headers.size();
        head.headers.push_back({name, value});
        cookies_ = value;
      } else {
        cookies_.append("; ").append(value);
      }
    } else {
      head.headers.push_back({name, value});
    }
  }
  if (cookie != SIZE_MAX) head.headers[cookie].value = cookies_;
  if (!authority.empty() && !head.has_header("host")) head.headers.push_back({"host", authority});
  std::string_view path = head.target == "*" && head.method == "OPTIONS" ? std::string_view("/") : head.target;
  std::size_t question = path.find('?');
  head.path = path.substr(0, question);
  head.query = question == std::string_view::npos ? std::string_view() : path.substr(question + 1);
}

std::optional<Refusal> Http2Exchange::check_head() const {
  if (fields_.size() > kMaxFields) return Refusal{431, "there are too many header fields"};
  if (head_size_ > max_head_) return Refusal{431, "the request's head is too large"};
  if (!is_token(head_.method) || head_.method == "CONNECT") return Refusal{400, "the method is malformed"};
  if (head_.target.size() > kMaxTarget) return Refusal{414, "the request target is too long"};
  if (!head_.path.starts_with('/') || !is_plain_target(head_.target)) {
    return Refusal{400, "the request target is malformed"};
  }
  std::string_view host;
  for (const FieldAt& at : fields_) {
    std::string_view name = text(at.name, at.name_size), value = text(at.value, at.value_size);
    if (name != ":authority" && name != "host") continue;
    if (!host.empty() && host != value) return Refusal{400, "there is more than one Host"};
    host = value;
  }
  if (host.empty()) return Refusal{400, "there is no Host"};
  std::string_view expected = head_.header("expect");
  if (!expected.empty() && !same_name(expected, "100-continue")) {
    return Refusal{417, "the only expectation met is 100-continue"};
  }
  return std::nullopt;
}

std::optional<Refusal> Http2Exchange::head_ended(bool has_body, SteadyTime now) {
  name_parts();
  std::string_view length = head_.header("content-length");  // a number: nghttp2 saw to it
  if (!length.empty() && is_number(length) && length.size() <= 18) {
    std::uint64_t bytes = 0;
    for (char c : length) bytes = bytes * 10 + static_cast<std::uint64_t>(c - '0');
    head_.content_length = bytes;
  }
  head_.has_body = has_body;
  body_.begin(head_.content_length, has_body, !head_.header("expect").empty(), now);
  return check_head();
}

void Http2Exchange::do_read(std::span<std::byte> into, std::function<void(Result<std::size_t>)> done) {
  if (body_.wanted() || into.empty()) {
    return later([done = std::move(done)] { done(failed_precondition("the body is being read, or into no room")); });
  }
  body_.read(into, std::move(done), loop()->now());
  connection().reads(*this);
}

void Http2Exchange::do_collect(std::function<void(Result<std::shared_ptr<std::string>>)> done) {
  if (body_.wanted()) {
    return later([done = std::move(done)] { done(failed_precondition("the body is being read already")); });
  }
  body_.collect(std::move(done), loop()->now());
  connection().reads(*this);
}

// `empty`: the head is all of the answer.
bool Http2Exchange::begin_answer(int wanted, const std::vector<Header>& headers, std::optional<std::uint64_t> length,
                                 bool empty) {
  std::optional<int> status = admit_answer(wanted);
  if (!status) return false;
  bodiless_ = head_.method == "HEAD" || forbids_body(*status);
  Http2Session::AnswerHead head{.status = *status,
                                .headers = &headers,
                                .content_length = length,
                                .date = loop()->date(),
                                .has_body = !bodiless_ && !empty};
  if (connection().session().answer(id_, *this, head)) {
    connection().log_fault("an answer had a malformed header field", head_);
  }
  connection().count_answer(*status);
  sent_at_ = loop()->now();
  return true;
}

void Http2Exchange::do_send(Response response) {
  std::uint64_t total = 0;
  for (const Chunk& chunk : response.body) total += chunk.data().size();
  bool empty = total == 0 && response.trailers.empty();
  if (!begin_answer(response.status, response.headers, total, empty)) return;
  if (!bodiless_) {
    for (Chunk& chunk : response.body) queue(std::move(chunk), nullptr);
  }
  trailers_ = std::move(response.trailers);
  answer_ = Answer::finished;
}

void Http2Exchange::do_start(const ResponseHead& head) {
  if (!begin_answer(head.status, head.headers, head.content_length, false)) return;
  answer_ = Answer::streaming;
  answer_left_ = head.content_length;
}

void Http2Exchange::do_write(Chunk chunk, std::function<void(Status)> done) {
  std::uint64_t size = chunk.data().size();
  if (answer_left_ && !bodiless_) {
    if (size > *answer_left_) {
      later([done = std::move(done)] { done(out_of_range("the answer is longer than its Content-Length")); });
      return do_abort("its handler wrote more than its Content-Length");
    }
    *answer_left_ -= size;
  }
  if (bodiless_) return later([done = std::move(done)] { done(Status()); });
  queue(std::move(chunk), std::move(done));
  resume();
}

void Http2Exchange::do_finish(const std::vector<Header>& trailers) {
  if (!bodiless_ && answer_left_.value_or(0) > 0) return do_abort("its handler wrote less than its Content-Length");
  trailers_ = trailers;
  answer_ = Answer::finished;
  resume();
}

void Http2Exchange::do_abort(const char* why) {
  if (answer_ == Answer::aborted) return;
  if (why != nullptr) connection().log_fault(why, head_);
  answer_ = Answer::aborted;
  connection().session().reset(id_, Http2Session::Reset::internal);
}

void Http2Exchange::queue(Chunk chunk, std::function<void(Status)> done) {
  std::size_t size = chunk.data().size();
  if (size == 0 && !done) return;
  if (queued_ == 0) sent_at_ = loop()->now();
  queued_ += size;
  pieces_.push_back({shareable(std::move(chunk)), 0, std::move(done)});
}

void Http2Exchange::resume() {
  if (std::exchange(waits_, false)) connection().session().resume(id_);
}

Http2Session::Due Http2Exchange::due(std::size_t most) {
  Http2Session::Due due;
  due.bytes = std::min(most, queued_);
  due.last = answer_ == Answer::finished && due.bytes == queued_;
  if (due.last && !trailers_.empty()) due.trailers = &trailers_;
  // A mark on no bytes has nothing to wait for.
  while (queued_ == 0 && first_piece_ < pieces_.size()) {
    if (auto done = std::move(pieces_[first_piece_++].done)) connection().outbox().mark(std::move(done));
  }
  waits_ = due.bytes == 0 && !due.last;
  return due;
}

void Http2Exchange::put(std::size_t bytes, Outbox& into, SteadyTime now) {
  sent_at_ = now;
  queued_ -= bytes;
  while (first_piece_ < pieces_.size()) {
    Piece& piece = pieces_[first_piece_];
    std::span<const std::byte> rest = piece.chunk.data().subspan(piece.taken);
    if (!rest.empty() && bytes == 0) return;
    std::size_t n = std::min(rest.size(), bytes);
    if (piece.chunk.owner) {
      into.append(Chunk(rest.first(n), piece.chunk.owner));
    } else {
      into.text().append(reinterpret_cast<const char*>(rest.data()), n);
    }
    piece.taken += n;
    bytes -= n;
    if (n < rest.size()) return;
    if (piece.done) into.mark(std::move(piece.done));
    ++first_piece_;
  }
  pieces_.clear();
  first_piece_ = 0;
}

void Http2Exchange::tick(SteadyTime now) {
  call_every(now);
  if (carrier() == nullptr) return;
  if (body_.wanted() && now >= body_.deadline() + kTick) connection().reads(*this);
  if (queued_ > 0 && now >= sent_at_ + body_.limits().idle_timeout + kTick) {
    connection().session().reset(id_, Http2Session::Reset::cancel);
    connection().notify();
  }
}

void Http2Exchange::refuse(const Refusal& refusal) {
  do_send(Response::text(refusal.status, "application/problem+json", refusal_body(refusal)));
}

void Http2Exchange::lose_client() {
  mark_gone();
  if (!body_.whole()) body_.fail(left_early());
}

void Http2Exchange::close() {
  bool whole = answer_ == Answer::finished && queued_ == 0;
  if (!whole) mark_gone();
  part();
  body_.fail(left_early());
  for (std::size_t i = first_piece_; i < pieces_.size(); ++i) {
    if (pieces_[i].done) later([done = std::move(pieces_[i].done)] { done(no_longer()); });
  }
  pieces_.clear();
  first_piece_ = queued_ = 0;
}

}  // namespace souk::net
