// SPDX-License-Identifier: Apache-2.0
#include "api/oip/grpc/infer.h"

#include <deque>
#include <thread>

#include "api/oip/classification.h"
#include "api/oip/grpc/request.h"
#include "api/oip/grpc/response.h"
#include "api/oip/models.h"

namespace souk::api::oip {
namespace {

constexpr std::size_t kLarge = 1 << 20;  // such a message would hold up the connection's thread

// One request under way: what its tensors view lives here until it is answered.
struct Inference {
  ContextPtr context;
  grpc::ServerCallPtr call;
  serving::Pinned pinned;
  GrpcInferBody body;

  Inference(ContextPtr context, grpc::ServerCallPtr call) : context(std::move(context)), call(std::move(call)) {}

  Status begin(grpc::Message message) {
    SOUK_TRY(parse(std::move(message), body));
    std::int64_t revision = SOUK_TRY(revision_of(body.model_version));
    pinned = SOUK_TRY(context->serving.pin(call->call(), body.model_name, revision, access::Role::EXECUTOR,
                                           &call->exchange()->head()));
    return {};
  }
  Result<grpc::Reply> answer(runtimes::InferResult result, bool streamed) {
    if (!result) return std::move(result.error());
    SOUK_TRY(classify_outputs(body, pinned, context->tasks, *result));
    return write_reply(body.model_name, *pinned, body, std::move(*result), streamed);
  }
};
using InferencePtr = std::shared_ptr<Inference>;

// `done` is called with the reply, on this thread or another. `later`: this is the connection's thread.
template <class F>
void run(const InferencePtr& one, grpc::Message message, bool streamed, bool later, F done) {
  if (Status begun = one->begin(std::move(message)); !begun) return done(std::move(begun.error()));
  net::Stream* const stream = one->call->exchange()->stream.get();
  serving::InferOptions options = one->body.options(one->call->call().deadline);
  if (later) options.later = [stream](std::function<void()> f) { stream->post(std::move(f)); };
  options.gone = [stream] { return stream->gone(); };
  one->context->serving.infer(one->pinned, one->body.infer, std::move(options),
                              [one, streamed, done = std::move(done)](runtimes::InferResult result) {
                                auto reply = one->answer(std::move(result), streamed);
                                if (!reply) return done(std::move(reply.error()));
                                done(std::move(reply));
                              });
}

std::string text_of(const Error& error) {
  std::string text = error.describe();
  if (!error.hint.empty()) text += "; " + error.hint;
  return text;
}

// All but the deque's ends and the flags belongs to the connection's thread.
class InferStream : public std::enable_shared_from_this<InferStream> {
 public:
  InferStream(ContextPtr context, grpc::ServerCallPtr call)
      : context_(std::move(context)), call_(std::move(call)), thread_(std::this_thread::get_id()) {}

  void read() {
    if (reading_ || ended_ || slots_.size() + unwritten_ >= kInFlight) return;
    reading_ = true;
    call_->next([self = shared_from_this()](Result<std::optional<grpc::Message>> message) {
      self->reading_ = false;
      self->take(std::move(message));
    });
  }
  void end(Status status) {
    if (ended_) return;
    ended_ = true;
    status_ = std::move(status);
    finish_if_done();
  }

 private:
  // One request's place in the order of answers.
  struct Slot {
    std::optional<grpc::Reply> reply;
  };
  using SlotPtr = std::shared_ptr<Slot>;

  void take(Result<std::optional<grpc::Message>> message) {
    if (!message) return end(std::move(message.error()));
    if (!*message) return end({});
    if (ended_) return;
    auto slot = std::make_shared<Slot>();
    slots_.push_back(slot);
    auto one = std::make_shared<Inference>(context_, call_);
    if ((*message)->bytes.size() < kLarge) {
      start(one, std::move(**message), slot, true);
    } else {
      auto shared = std::make_shared<grpc::Message>(std::move(**message));
      call_->exchange()->recorder->run_on_pool(call_->exchange(), [self = shared_from_this(), one, shared, slot] {
        self->start(one, std::move(*shared), slot, false);
      });
    }
    read();
  }

  void start(const InferencePtr& one, grpc::Message message, const SlotPtr& slot, bool later) {
    run(one, std::move(message), true, later, [self = shared_from_this(), slot, one](Result<grpc::Reply> reply) {
      if (std::this_thread::get_id() == self->thread_) return self->put(slot, one->body.id, std::move(reply));
      auto shared = std::make_shared<Result<grpc::Reply>>(std::move(reply));
      self->call_->exchange()->stream->post(
          [self, slot, one, shared] { self->put(slot, one->body.id, std::move(*shared)); });
    });
  }

  // What fails is answered in a message; the audit hears of each refusal, as if it had been a call of its own.
  void put(const SlotPtr& slot, const std::string& id, Result<grpc::Reply> reply) {
    if (!reply) {
      call_->exchange()->noted = false;
      call_->exchange()->note(reply.error());
      reply = write_failure(text_of(reply.error()), id);
    }
    slot->reply = std::move(*reply);
    write_ready();
  }

  void write_ready() {
    while (!slots_.empty() && slots_.front()->reply) {
      SlotPtr first = std::move(slots_.front());
      slots_.pop_front();
      ++unwritten_;
      call_->write(std::move(*first->reply), [self = shared_from_this()](Status written) {
        --self->unwritten_;
        if (!written) self->ended_ = true;  // the client has left: nothing more is begun
        self->read();
      });
    }
    finish_if_done();
  }

  void finish_if_done() {
    if (!ended_ || !slots_.empty() || finished_) return;
    finished_ = true;
    call_->finish(status_);
  }

  ContextPtr context_;
  grpc::ServerCallPtr call_;
  const std::thread::id thread_;
  std::deque<SlotPtr> slots_;
  std::size_t unwritten_ = 0;
  bool reading_ = false;
  bool ended_ = false;
  bool finished_ = false;
  Status status_;
};

}  // namespace

void infer_once(const ContextPtr& context, const grpc::ServerCallPtr& call) {
  call->only([context, call](Result<grpc::Message> message) {
    if (!message) return call->fail(message.error());
    auto one = std::make_shared<Inference>(context, call);
    auto done = [call, one](Result<grpc::Reply> reply) {
      if (!reply) return call->fail(reply.error());
      call->add_header("souk-version-digest", one->pinned->digest);
      call->send(std::move(*reply));
    };
    if (message->bytes.size() < kLarge) return run(one, std::move(*message), false, true, done);
    auto shared = std::make_shared<grpc::Message>(std::move(*message));
    call->exchange()->recorder->run_on_pool(call->exchange(),
                                            [one, shared, done] { run(one, std::move(*shared), false, false, done); });
  });
}

void infer_stream(const ContextPtr& context, const grpc::ServerCallPtr& call) {
  auto stream = std::make_shared<InferStream>(context, call);
  call->exchange()->stream->on_drain([weak = std::weak_ptr(stream)] {
    if (auto stream = weak.lock()) stream->end(unavailable("the server is stopping"));
  });
  stream->read();
}

}  // namespace souk::api::oip
