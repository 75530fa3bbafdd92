// SPDX-License-Identifier: Apache-2.0
#include "net/http1/exchange.h"

#include <utility>

#include "net/http1/connection.h"
#include "net/http1/writer.h"

namespace souk::net {

Http1Exchange::Http1Exchange(std::shared_ptr<Loop> loop, Http1Connection& connection, const Peer& peer)
    : LoopStream(std::move(loop), connection, peer) {}

Http1Connection& Http1Exchange::connection() const {
  return static_cast<Http1Connection&>(*carrier());
}

void Http1Exchange::attach(Http1Connection& connection) {
  join(connection);
}

void Http1Exchange::begin(const Http1Parser::Framing& framing, SteadyTime now) {
  reset();
  framing_ = framing;
  body_.begin(head_.content_length, framing, now);
  keep_alive_ = framing.keep_alive;
  chunked_ = false;
  answer_left_.reset();
}

void Http1Exchange::do_read(std::span<std::byte> into, std::function<void(Result<std::size_t>)> done) {
  if (body_.wanted() || into.empty()) {
    return later([done = std::move(done)] { done(failed_precondition("the body is being read, or into no room")); });
  }
  body_.read(into, std::move(done), loop()->now());
}

void Http1Exchange::do_collect(std::function<void(Result<std::shared_ptr<std::string>>)> done) {
  if (body_.wanted()) {
    return later([done = std::move(done)] { done(failed_precondition("the body is being read already")); });
  }
  body_.collect(std::move(done), loop()->now());
}

bool Http1Exchange::begin_answer(int wanted, const std::vector<Header>& headers, std::optional<std::uint64_t> length) {
  std::optional<int> status = admit_answer(wanted);
  if (!status) return false;
  bodiless_ = head_.method == "HEAD" || forbids_body(*status);
  chunked_ = !length && framing_.http11;
  bool ends_by_close = !length && !chunked_ && !bodiless_;
  keep_alive_ = framing_.keep_alive && !ends_by_close && body_.settles() && !connection().draining();
  AnswerFraming framing{.keep_alive = keep_alive_,
                        .http11 = framing_.http11,
                        .head_request = head_.method == "HEAD",
                        .chunked = chunked_,
                        .content_length = length};
  WrittenHead written = write_head(connection().outbox().text(), *status, headers, framing, loop()->date());
  if (written.malformed) connection().log_fault("an answer had a malformed header field", head_);
  if (written.closes) keep_alive_ = false;
  connection().count_answer(*status);
  return true;
}

void Http1Exchange::do_send(Response response) {
  std::uint64_t total = 0;
  for (const Chunk& chunk : response.body) total += chunk.data().size();
  if (!begin_answer(response.status, response.headers, total)) return;
  if (!bodiless_) {
    for (Chunk& chunk : response.body) connection().outbox().append(std::move(chunk));
  }
  answer_ = Answer::finished;
}

void Http1Exchange::do_start(const ResponseHead& head) {
  if (!begin_answer(head.status, head.headers, head.content_length)) return;
  answer_ = Answer::streaming;
  answer_left_ = head.content_length;
}

void Http1Exchange::do_write(Chunk chunk, std::function<void(Status)> done) {
  Outbox& outbox = connection().outbox();
  std::uint64_t size = chunk.data().size();
  if (answer_left_ && !bodiless_) {
    if (size > *answer_left_) {
      later([done = std::move(done)] { done(out_of_range("the answer is longer than its Content-Length")); });
      return do_abort("its handler wrote more than its Content-Length");
    }
    *answer_left_ -= size;
  }
  if (!bodiless_ && size > 0) {
    if (chunked_) write_chunk_frame(outbox.text(), size);
    outbox.append(std::move(chunk));
    if (chunked_) outbox.text() += "\r\n";
  }
  outbox.mark(std::move(done));
}

void Http1Exchange::do_finish(const std::vector<Header>&) {
  if (!bodiless_ && answer_left_.value_or(0) > 0) return do_abort("its handler wrote less than its Content-Length");
  if (!bodiless_ && chunked_) connection().outbox().text() += "0\r\n\r\n";
  answer_ = Answer::finished;
}

void Http1Exchange::do_abort(const char* why) {
  if (why != nullptr) connection().log_fault(why, head_);
  answer_ = Answer::aborted;
}

}  // namespace souk::net
