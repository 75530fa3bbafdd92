// SPDX-License-Identifier: Apache-2.0
#include "net/http2/session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <string>

#include "net/fields.h"
#include "net/http2/allowance.h"
#include "net/status.h"

namespace souk::net {
namespace {

constexpr std::size_t kLargestFrame = 256 << 10;  // sent, where the client takes it
constexpr std::int32_t kCrumb = 256;              // a window widened by less brings nothing
constexpr int kFrameHead = 9;

constexpr std::int64_t kAnswered = 8;  // earned by a stream that ends well
constexpr std::int64_t kBrokenOff = 2;

// What a frame costs by its kind alone; below zero: it earns.
std::int64_t price(const nghttp2_frame_hd& head) {
  bool ack = (head.flags & NGHTTP2_FLAG_ACK) != 0;
  switch (head.type) {
    case NGHTTP2_DATA:
      if (head.length > 0) return -1;
      return (head.flags & NGHTTP2_FLAG_END_STREAM) != 0 ? 0 : 2;
    case NGHTTP2_HEADERS:
    case NGHTTP2_WINDOW_UPDATE:
      return 0;
    case NGHTTP2_PING:
      return ack ? 1 : 2;
    case NGHTTP2_SETTINGS:
    case NGHTTP2_CONTINUATION:
      return 4;
    default:
      return 1;
  }
}

// Answer heads as nghttp2 takes them: names in lower case, values that end no line.
class FieldList {
 public:
  void begin() {
    text_.clear();
    parts_.clear();
    malformed_ = false;
  }
  void add(std::string_view name, std::string_view value, std::uint8_t flags = NGHTTP2_NV_FLAG_NONE) {
    std::size_t begin = text_.size();
    for (char c : name) text_ += lower_case(c);
    std::size_t middle = text_.size();
    while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
    while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
    text_ += value;
    if (!is_field_value(value)) {
      malformed_ = true;
      std::replace_if(text_.begin() + static_cast<std::ptrdiff_t>(middle), text_.end(), ends_field, ' ');
    }
    parts_.push_back({begin, middle - begin, text_.size() - middle, flags});
  }
  void add_checked(const Header& header) {
    if (!is_token(header.name)) {
      malformed_ = true;
      return;
    }
    add(header.name, header.value, once_only(header.name) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE);
  }
  const std::vector<nghttp2_nv>& list() {
    list_.clear();
    auto* text = reinterpret_cast<std::uint8_t*>(text_.data());
    for (const Part& part : parts_) {
      list_.push_back({text + part.at, text + part.at + part.name, part.name, part.value, part.flags});
    }
    return list_;
  }
  bool malformed() const { return malformed_; }

 private:
  struct Part {
    std::size_t at, name, value;
    std::uint8_t flags;
  };
  static bool is_space(char c) { return c == ' ' || c == '\t'; }
  // A value that will not come again is not worth a place in the compression's table.
  static bool once_only(std::string_view name) {
    return same_name(name, "souk-trace-id") || same_name(name, "traceparent");
  }

  std::string text_;
  std::vector<Part> parts_;
  std::vector<nghttp2_nv> list_;
  bool malformed_ = false;
};

struct OptionEnd {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};
struct CallbacksEnd {
  void operator()(nghttp2_session_callbacks* callbacks) const { nghttp2_session_callbacks_del(callbacks); }
};
struct SessionEnd {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};

}  // namespace

struct Http2Session::State {
  State(Owner& owner, SteadyTime now) : owner(owner), allowance(now), now(now) {}

  Owner& owner;
  Allowance allowance;
  SteadyTime now;
  std::unique_ptr<nghttp2_session, SessionEnd> session;
  FieldList fields;
  std::optional<SteadyTime> head_since;
  bool overdrawn = false;
  Outbox* into = nullptr;  // during emit
  std::size_t enough = 0;

  void open(const Settings& settings);
  Http2Exchange* exchange(std::int32_t id) const {
    return static_cast<Http2Exchange*>(nghttp2_session_get_stream_user_data(session.get(), id));
  }
  void charge(std::int64_t units) {
    if (units < 0) return allowance.earn(-units);
    allowance.spend(units);
    if (!allowance.overdrawn() || overdrawn) return;
    overdrawn = true;
    nghttp2_session_terminate_session(session.get(), NGHTTP2_ENHANCE_YOUR_CALM);
  }
};

// nghttp2's callbacks. `self` is the State.
struct Http2Session::Callbacks {
  static State& state(void* self) { return *static_cast<State*>(self); }

  static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* self) {
    State& s = state(self);
    s.charge(price(*head));
    if (head->type == NGHTTP2_HEADERS) {
      s.head_since = s.now;
    } else if (head->type != NGHTTP2_CONTINUATION) {
      s.head_since.reset();
    }
    return 0;
  }

  static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    State& s = state(self);
    std::int32_t id = frame->hd.stream_id;
    Http2Exchange* exchange = s.overdrawn ? nullptr : s.owner.begun(id);
    if (exchange != nullptr) {
      nghttp2_session_set_stream_user_data(session, id, exchange);
      return 0;
    }
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* self) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    State& s = state(self);
    if (Http2Exchange* exchange = s.exchange(frame->hd.stream_id)) {
      s.owner.field(*exchange, {reinterpret_cast<const char*>(name), name_size},
                    {reinterpret_cast<const char*>(value), value_size});
    }
    return 0;
  }

  // RFC 9113, 8.2.1: a request with such a field is malformed.
  static int on_invalid_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t*, std::size_t,
                               const std::uint8_t*, std::size_t, std::uint8_t, void*) {
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int on_frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    State& s = state(self);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA:
        break;
      case NGHTTP2_WINDOW_UPDATE:
        if (frame->window_update.window_size_increment < kCrumb) s.charge(1);
        return 0;
      default:
        return 0;
    }
    s.head_since.reset();
    Http2Exchange* exchange = s.exchange(frame->hd.stream_id);
    if (exchange == nullptr) return 0;
    bool last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      s.owner.headed(*exchange, !last);
    } else if (last) {
      s.owner.ended(*exchange);
    }
    return 0;
  }

  static int on_data_chunk(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size,
                           void* self) {
    State& s = state(self);
    if (Http2Exchange* exchange = s.exchange(id)) s.owner.data(*exchange, std::as_bytes(std::span(data, size)));
    return 0;
  }

  static int on_stream_close(nghttp2_session* session, std::int32_t id, std::uint32_t why, void* self) {
    State& s = state(self);
    s.charge(why == NGHTTP2_NO_ERROR ? -kAnswered : kBrokenOff);
    Http2Exchange* exchange = s.exchange(id);
    if (exchange == nullptr) return 0;
    nghttp2_session_set_stream_user_data(session, id, nullptr);
    s.owner.closed(*exchange);
    return 0;
  }

  static int on_frame_send(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    bool of_answer = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (!of_answer || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    State& s = state(self);
    if (Http2Exchange* exchange = s.exchange(frame->hd.stream_id)) s.owner.answered(*exchange);
    return 0;
  }

  static ssize_t frame_length(nghttp2_session*, std::uint8_t, std::int32_t, std::int32_t connection_window,
                              std::int32_t stream_window, std::uint32_t largest_frame, void*) {
    auto window = static_cast<std::size_t>(std::max(std::min(connection_window, stream_window), 0));
    return static_cast<ssize_t>(std::min({window, static_cast<std::size_t>(largest_frame), kLargestFrame}));
  }

  static ssize_t on_read(nghttp2_session* session, std::int32_t id, std::uint8_t*, std::size_t most,
                         std::uint32_t* flags, nghttp2_data_source*, void* self) {
    State& s = state(self);
    Http2Exchange* exchange = s.exchange(id);
    if (exchange == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    Due due = s.owner.due(*exchange, most);
    if (due.bytes == 0 && !due.last) return NGHTTP2_ERR_DEFERRED;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (due.last) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (due.last && due.trailers != nullptr) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      s.fields.begin();
      for (const Header& trailer : *due.trailers) s.fields.add_checked(trailer);
      const auto& list = s.fields.list();
      nghttp2_submit_trailer(session, id, list.data(), list.size());
    }
    return static_cast<ssize_t>(due.bytes);
  }

  static int on_send_data(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* head, std::size_t size,
                          nghttp2_data_source*, void* self) {
    State& s = state(self);
    Http2Exchange* exchange = s.exchange(frame->hd.stream_id);
    if (exchange == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    s.into->text().append(reinterpret_cast<const char*>(head), kFrameHead);
    s.owner.put(*exchange, size, *s.into);
    s.allowance.earn(1);
    return s.into->queued() >= s.enough ? NGHTTP2_ERR_PAUSE : 0;
  }

  static std::unique_ptr<nghttp2_session_callbacks, CallbacksEnd> make() {
    nghttp2_session_callbacks* raw = nullptr;
    if (nghttp2_session_callbacks_new(&raw) != 0) throw std::bad_alloc();
    std::unique_ptr<nghttp2_session_callbacks, CallbacksEnd> callbacks(raw);
    nghttp2_session_callbacks_set_on_begin_frame_callback(raw, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(raw, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(raw, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(raw, on_invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(raw, on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(raw, on_data_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(raw, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(raw, on_frame_send);
    nghttp2_session_callbacks_set_data_source_read_length_callback(raw, frame_length);
    nghttp2_session_callbacks_set_send_data_callback(raw, on_send_data);
    return callbacks;
  }
};

void Http2Session::State::open(const Settings& settings) {
  static const auto callbacks = Callbacks::make();
  nghttp2_option* raw = nullptr;
  if (nghttp2_option_new(&raw) != 0) throw std::bad_alloc();
  std::unique_ptr<nghttp2_option, OptionEnd> option(raw);
  nghttp2_option_set_no_auto_window_update(raw, 1);
  nghttp2_option_set_no_closed_streams(raw, 1);
  nghttp2_option_set_stream_reset_rate_limit(raw, 10'000, 1'000);  // the allowance is stricter
  nghttp2_session* made = nullptr;
  if (nghttp2_session_server_new2(&made, callbacks.get(), this, raw) != 0) throw std::bad_alloc();
  session.reset(made);
  const nghttp2_settings_entry entries[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, settings.max_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, settings.window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, settings.max_head},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  };
  nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, entries, std::size(entries));
  nghttp2_session_set_local_window_size(made, NGHTTP2_FLAG_NONE, 0, static_cast<std::int32_t>(settings.window));
}

Http2Session::Http2Session(const Settings& settings, Owner& owner, SteadyTime now)
    : state_(std::make_unique<State>(owner, now)) {
  state_->open(settings);
}
Http2Session::~Http2Session() = default;

bool Http2Session::feed(std::span<const std::byte> bytes, SteadyTime now) {
  State& s = *state_;
  s.now = now;
  s.allowance.refill(now);
  ssize_t taken =
      nghttp2_session_mem_recv(s.session.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return taken == static_cast<ssize_t>(bytes.size()) && !s.overdrawn;
}

bool Http2Session::emit(Outbox& into, std::size_t enough) {
  State& s = *state_;
  s.into = &into;
  s.enough = enough;
  bool good = true;
  while (into.queued() < enough) {
    const std::uint8_t* bytes = nullptr;
    ssize_t size = nghttp2_session_mem_send(s.session.get(), &bytes);
    if (size < 0) good = false;
    if (size <= 0) break;
    into.text().append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  s.into = nullptr;
  return good;
}

bool Http2Session::wants_input() const {
  return nghttp2_session_want_read(state_->session.get()) != 0;
}
bool Http2Session::wants_output() const {
  return nghttp2_session_want_write(state_->session.get()) != 0;
}
std::optional<SteadyTime> Http2Session::head_since() const {
  return state_->head_since;
}

bool Http2Session::answer(std::int32_t id, Http2Exchange&, const AnswerHead& head) {
  FieldList& fields = state_->fields;
  fields.begin();
  char status[] = {static_cast<char>('0' + head.status / 100), static_cast<char>('0' + head.status / 10 % 10),
                   static_cast<char>('0' + head.status % 10)};
  fields.add(":status", {status, sizeof status});
  // A HEAD or a 304 may name the length of the body that it does not have.
  bool takes_length =
      !head.has_body && head.status >= 200 && head.status != 204 && head.content_length.value_or(0) == 0;
  bool gave_length = false;
  for (const Header& header : *head.headers) {
    Belongs belongs = whose(header.name);
    bool length = belongs == Belongs::length && takes_length && !gave_length && is_number(header.value);
    if (belongs != Belongs::handler && !length) continue;
    gave_length = gave_length || length;
    fields.add_checked(header);
  }
  if (head.content_length && !gave_length && !forbids_body(head.status)) {
    fields.add("content-length", std::to_string(*head.content_length));
  }
  fields.add("date", head.date);
  const auto& list = fields.list();
  nghttp2_data_provider body{{.fd = 0}, Callbacks::on_read};
  nghttp2_submit_response(state_->session.get(), id, list.data(), list.size(), head.has_body ? &body : nullptr);
  return fields.malformed();
}

void Http2Session::say_continue(std::int32_t id) {
  FieldList& fields = state_->fields;
  fields.begin();
  fields.add(":status", "100");
  const auto& list = fields.list();
  nghttp2_submit_headers(state_->session.get(), NGHTTP2_FLAG_NONE, id, nullptr, list.data(), list.size(), nullptr);
}

void Http2Session::resume(std::int32_t id) {
  nghttp2_session_resume_data(state_->session.get(), id);
}

void Http2Session::reset(std::int32_t id, Reset why) {
  nghttp2_submit_rst_stream(state_->session.get(), NGHTTP2_FLAG_NONE, id, static_cast<std::uint32_t>(why));
}

void Http2Session::used(std::int32_t id, std::size_t bytes) {
  if (bytes > 0) nghttp2_session_consume(state_->session.get(), id, bytes);
}

void Http2Session::used_of_closed(std::size_t bytes) {
  if (bytes > 0) nghttp2_session_consume_connection(state_->session.get(), bytes);
}

void Http2Session::warn_of_end() {
  nghttp2_submit_shutdown_notice(state_->session.get());
}

void Http2Session::take_no_more() {
  nghttp2_session* session = state_->session.get();
  nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

void Http2Session::end(Reset why) {
  nghttp2_session_terminate_session(state_->session.get(), static_cast<std::uint32_t>(why));
}

}  // namespace souk::net
