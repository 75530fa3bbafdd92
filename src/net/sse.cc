// SPDX-License-Identifier: Apache-2.0
#include "net/sse.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace souk::net {
namespace {

// Each of the text's lines behind the field's name; CR, LF and CR LF end a line.
void append_lines(std::string& out, std::string_view field, std::string_view text) {
  for (;;) {
    std::size_t end = text.find_first_of("\r\n");
    out.append(field).append(text.substr(0, end)) += '\n';
    if (end == std::string_view::npos) return;
    bool both = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
    text.remove_prefix(end + (both ? 2 : 1));
  }
}

bool one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

// Bytes wait in `waiting` while one write is under way, so the transport has at most one.
struct EventWriter::State : std::enable_shared_from_this<State> {
  using Lock = std::unique_lock<std::recursive_mutex>;

  State(StreamPtr stream, EventStreamSettings settings) : stream(std::move(stream)), settings(settings) {}
  ~State() {
    if (stream) stream->finish();
  }

  std::recursive_mutex mutex;  // a stream whose server has ended calls back at once
  StreamPtr stream;            // null once closed
  const EventStreamSettings settings;
  std::string waiting;
  std::size_t in_flight = 0;
  bool closing = false;
  std::function<void()> on_close;

  void begin(std::vector<Header> headers) {
    headers.push_back({"Content-Type", "text/event-stream"});
    headers.push_back({"Cache-Control", "no-store"});
    headers.push_back({"X-Accel-Buffering", "no"});
    const StreamPtr to = stream;  // the client may leave meanwhile, and then it is no longer ours
    ResponseHead head;
    head.headers = std::move(headers);
    to->start(std::move(head));
    std::weak_ptr<State> weak = weak_from_this();
    auto leave = [weak] {
      if (auto self = weak.lock()) self->end(false);
    };
    to->on_gone(leave);
    to->on_drain([weak] {
      if (auto self = weak.lock()) self->close();
    });
    if (settings.keep_alive.count() == 0) return;
    to->every(settings.keep_alive, [weak] {
      if (auto self = weak.lock()) (void)self->put(": keep-alive\n\n");
    });
  }

  Status put(std::string text) {
    Lock lock(mutex);
    if (!stream || closing) return cancelled("the event stream has closed");
    if (waiting.size() + in_flight + text.size() > settings.max_waiting) {
      end(true);
      return resource_exhausted("the client takes events too slowly and has been cut off");
    }
    waiting += text;
    pump();
    return {};
  }

  void close() {
    Lock lock(mutex);
    if (!stream || closing) return;
    closing = true;
    pump();
  }

  void pump() {
    if (in_flight > 0 || !stream) return;
    if (waiting.empty()) {
      if (closing) end(false);
      return;
    }
    in_flight = waiting.size();
    Chunk chunk(std::exchange(waiting, {}));
    StreamPtr to = stream;
    auto self = shared_from_this();
    to->write(std::move(chunk), [self](Status status) { self->written(std::move(status)); });
  }

  void written(Status status) {
    if (!status) return end(false);
    Lock lock(mutex);
    in_flight = 0;
    pump();
  }

  void end(bool cut_off) {
    Lock lock(mutex);
    if (!stream) return;
    StreamPtr last = std::exchange(stream, nullptr);
    if (cut_off) {
      last->abort();
    } else {
      last->finish();
    }
    if (on_close) last->post(std::exchange(on_close, nullptr));
  }
};

EventWriter::EventWriter(StreamPtr stream, EventStreamSettings settings, std::vector<Header> headers)
    : state_(std::make_shared<State>(std::move(stream), settings)) {
  state_->begin(std::move(headers));
}

Status EventWriter::send(const ServerEvent& event) {
  if (!one_line(event.id) || !one_line(event.type)) {
    return invalid_argument("an event's id and type must not hold line ends or NUL");
  }
  std::string text;
  if (!event.id.empty()) text.append("id: ").append(event.id) += '\n';
  if (!event.type.empty()) text.append("event: ").append(event.type) += '\n';
  if (event.retry) text.append("retry: ").append(std::to_string(event.retry->count())) += '\n';
  append_lines(text, "data: ", event.data);
  text += '\n';
  return state_->put(std::move(text));
}

Status EventWriter::comment(std::string_view text) {
  std::string out;
  append_lines(out, ": ", text);
  out += '\n';
  return state_->put(std::move(out));
}

void EventWriter::close() {
  state_->close();
}

bool EventWriter::open() const {
  State::Lock lock(state_->mutex);
  return state_->stream != nullptr && !state_->closing && !state_->stream->gone();
}

void EventWriter::on_close(std::function<void()> f) {
  {
    State::Lock lock(state_->mutex);
    if (state_->stream) {
      state_->on_close = std::move(f);
      return;
    }
  }
  f();
}

Result<std::vector<ServerEvent>> EventParser::feed(std::string_view bytes) {
  std::vector<ServerEvent> events;
  while (!bytes.empty()) {
    if (after_return_ && bytes.front() == '\n') bytes.remove_prefix(1);
    after_return_ = false;
    std::size_t end = bytes.find_first_of("\r\n");
    line_.append(bytes.substr(0, end));
    if (line_.size() + event_.data.size() > max_event_) {
      return resource_exhausted("an event is larger than " + std::to_string(max_event_) + " bytes");
    }
    if (end == std::string_view::npos) break;
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    std::string line = std::exchange(line_, {});
    std::string_view text = line;
    if (!std::exchange(begun_, true) && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    take_line(text, events);
  }
  return events;
}

void EventParser::take_line(std::string_view line, std::vector<ServerEvent>& events) {
  if (line.empty()) {
    ServerEvent event = std::exchange(event_, {});
    if (!std::exchange(has_data_, false)) return;
    event.id = last_id_;
    events.push_back(std::move(event));
    return;
  }
  std::size_t colon = line.find(':');
  std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (std::exchange(has_data_, true)) event_.data += '\n';
    event_.data += value;
  } else if (field == "event") {
    event_.type = value;
  } else if (field == "id") {
    if (value.find('\0') == std::string_view::npos) last_id_ = value;
  } else if (field == "retry") {
    bool digits =
        !value.empty() && value.size() < 10 && value.find_first_not_of("0123456789") == std::string_view::npos;
    if (digits) event_.retry = std::chrono::milliseconds(std::stol(std::string(value)));
  }
}

}  // namespace souk::net
