// SPDX-License-Identifier: Apache-2.0
//
// One HTTP/2 connection on its loop. Every event is answered by one turn: read what is there, hand it to the session,
// give readers what they wait for, write what came of it with as few system calls as can be.
//
// It takes over a connection whose first bytes, or ALPN, said HTTP/2 (Http1Connection looks). It lives as long as it is
// a member of its loop. Time-outs are compared on the loop's tick.
#pragma once

#include <memory>
#include <vector>

#include "net/http2/exchange.h"
#include "net/http2/session.h"
#include "net/loop.h"
#include "net/outbox.h"
#include "net/server_core.h"

namespace souk::net {

class Http2Connection final : public Carrier,
                              public Ready,
                              public Loop::Member,
                              private Http2Session::Owner,
                              public std::enable_shared_from_this<Http2Connection> {
 public:
  // What a client sends first.
  static constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  Http2Connection(std::shared_ptr<ServerCore> core, std::shared_ptr<Loop> loop, Traffic& traffic, int fd, Peer peer,
                  std::unique_ptr<Descriptor> descriptor, std::unique_ptr<Wire> wire);
  ~Http2Connection() override;
  // `begin`: what has been read already.
  void open(std::span<const std::byte> begin);

  void ready(Direction direction) override;
  void tick() override;
  void drain() override;
  void shut() override;

  void notify() override;
  void wake() override { notify(); }
  bool draining() const override { return core_->draining.load(std::memory_order_relaxed); }
  void count_answer(int status) override { traffic_.count_answer(status); }
  void log_fault(const char* what, const RequestHead& head) override;

  // For its exchanges.
  Http2Session& session() { return session_; }
  Outbox& outbox() { return outbox_; }
  void reads(Http2Exchange& exchange);  // it waits for its body

 private:
  struct Kick final : Loop::Mail {
    std::shared_ptr<Http2Connection> connection;
    void deliver() override {
      auto self = std::move(connection);
      self->turn();
    }
  };

  Http2Exchange* begun(std::int32_t id) override;
  void field(Http2Exchange& exchange, std::string_view name, std::string_view value) override;
  void headed(Http2Exchange& exchange, bool has_body) override;
  void data(Http2Exchange& exchange, std::span<const std::byte> bytes) override;
  void ended(Http2Exchange& exchange) override;
  void answered(Http2Exchange& exchange) override;
  void closed(Http2Exchange& exchange) override;
  Http2Session::Due due(Http2Exchange& exchange, std::size_t most) override { return exchange.due(most); }
  void put(Http2Exchange& exchange, std::size_t bytes, Outbox& into) override {
    exchange.put(bytes, into, loop_->now());
  }

  void turn(std::span<const std::byte> begin = {});
  void read_some();
  void feed(std::span<const std::byte> bytes);
  void give_readers();
  void give(Http2Exchange& exchange);
  void write_some();
  void refuse(Http2Exchange& exchange, const Refusal& refusal);
  void dispatch(Http2Exchange& exchange);
  bool over();
  void end();
  void break_off();
  void kick();
  void arm(Direction direction);
  void arm_again(const IoResult& result);

  std::shared_ptr<ServerCore> core_;
  std::shared_ptr<Loop> loop_;
  Traffic& traffic_;
  int fd_;
  Peer peer_;
  std::unique_ptr<Descriptor> descriptor_;
  std::unique_ptr<Wire> wire_;
  Outbox outbox_;
  Http2Session session_;
  Kick kick_;
  std::shared_ptr<Http2Connection> self_;  // until its end

  Http2Exchange* open_ = nullptr;  // those whose stream is open
  std::int64_t open_count_ = 0;
  std::vector<Http2Exchange*> spare_;    // each one reference of ours
  std::vector<Http2Exchange*> parted_;   // closed, but still held by a handler; each one reference of ours
  std::vector<Http2Exchange*> readers_;  // wait for their bodies; each one reference of ours

  Http2Exchange* giving_ = nullptr;  // is being given its body

  bool armed_[2] = {false, false};
  bool in_turn_ = false;
  bool readable_ = true;
  bool input_ended_ = false;  // the client has closed its sending side
  bool broken_ = false;       // nothing more can be sent
  bool shut_down_ = false;    // nothing more will be sent
  bool ended_ = false;
  enum class Drain { no, warned, told } drain_ = Drain::no;
  SteadyTime idle_since_;
  SteadyTime write_moved_;
  bool stalled_ = false;
};

}  // namespace souk::net
