// SPDX-License-Identifier: Apache-2.0
//
// For tests: an HTTP/2 client that says exactly what it is told, frame by frame, and reads what comes back.
#pragma once

#include <nghttp2/nghttp2.h>

#include <map>
#include <utility>
#include <vector>

#include "net/raw_client_test.h"

namespace souk::net {

struct Frame {
  int type = -1;  // -1: none came
  int flags = 0;
  int stream = 0;
  std::string payload;
  bool ends_stream() const { return (type == 0 || type == 1) && (flags & 1) != 0; }
  std::uint32_t number(std::size_t at = 0) const {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4 && i < payload.size(); ++i)
      value = value << 8 | static_cast<unsigned char>(payload[i]);
    return value;
  }
};

inline std::string number_text(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

inline std::string frame_text(int type, int flags, int stream, std::string_view payload) {
  std::string text = number_text(static_cast<std::uint32_t>(payload.size())).substr(1);
  text += static_cast<char>(type);
  text += static_cast<char>(flags);
  text += number_text(static_cast<std::uint32_t>(stream));
  return text.append(payload);
}

using FieldList = std::vector<std::pair<std::string, std::string>>;

// Literal fields that no table remembers (RFC 7541, 6.2.2).
inline std::string pack_fields(const FieldList& fields) {
  auto text_of = [](const std::string& text) {
    std::string out;
    if (text.size() < 127) {
      out += static_cast<char>(text.size());
    } else {
      out += '\x7f';
      for (std::size_t rest = text.size() - 127;; rest >>= 7) {
        out += static_cast<char>((rest & 127) | (rest > 127 ? 128 : 0));
        if (rest <= 127) break;
      }
    }
    return out + text;
  };
  std::string out;
  for (const auto& [name, value] : fields) out += '\0' + text_of(name) + text_of(value);
  return out;
}

inline FieldList request_fields(std::string method, std::string path, FieldList more = {}) {
  FieldList fields{
      {":method", std::move(method)}, {":scheme", "http"}, {":path", std::move(path)}, {":authority", "h"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

struct Http2Answer {
  int status = 0;
  std::map<std::string, std::string> fields, trailers;
  std::string body;
  bool whole = false;
  int reset = -1;  // the code of RST_STREAM
};

class RawHttp2 {
 public:
  enum Type { kData, kHeaders, kPriority, kReset, kSettings, kPush, kPing, kGoaway, kWindow, kContinuation };
  static constexpr int kEndStream = 1, kAck = 1, kEndHeaders = 4;
  static constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  explicit RawHttp2(std::uint16_t port, std::string settings = "") : client(port) {
    nghttp2_hd_inflate_new(&inflater_);
    client.send(kPreface);
    client.send(frame_text(kSettings, 0, 0, settings));
  }
  ~RawHttp2() { nghttp2_hd_inflate_del(inflater_); }

  bool send(int type, int flags, int stream, std::string_view payload) {
    return client.send(frame_text(type, flags, stream, payload));
  }
  bool head(int stream, const FieldList& fields, bool last = true) {
    return send(kHeaders, kEndHeaders | (last ? kEndStream : 0), stream, pack_fields(fields));
  }
  bool get(int stream, std::string path = "/") { return head(stream, request_fields("GET", std::move(path))); }
  bool widen(int stream, std::uint32_t by) { return send(kWindow, 0, stream, number_text(by)); }

  // The next frame, whatever it is.
  Frame next() {
    std::string head = client.take(9);
    if (head.size() < 9) return {};
    auto at = [&](std::size_t i) { return static_cast<unsigned char>(head[i]); };
    Frame frame;
    std::size_t size = static_cast<std::size_t>(at(0)) << 16 | static_cast<std::size_t>(at(1)) << 8 | at(2);
    frame.type = at(3);
    frame.flags = at(4);
    frame.stream = (at(5) & 127) << 24 | at(6) << 16 | at(7) << 8 | at(8);
    frame.payload = client.take(size);
    return frame;
  }
  // The next frame of that type, others read over.
  Frame next(int type) {
    for (;;) {
      Frame frame = next();
      note(frame);
      if (frame.type == type || frame.type == -1) return frame;
    }
  }
  // Reads until the stream's answer is whole, reset, or the connection ends.
  Http2Answer answer(int stream) {
    for (;;) {
      Http2Answer& answer = answers_[stream];
      if (answer.whole || answer.reset >= 0) return answer;
      Frame frame = next();
      if (frame.type == -1) return answer;
      note(frame);
    }
  }
  const Http2Answer& so_far(int stream) { return answers_[stream]; }
  int goaway_code = -1;
  int goaway_last = -1;
  // Reads to the end; true when the server closed.
  bool ended() {
    while (true) {
      Frame frame = next();
      if (frame.type == -1) return client.ended();
      note(frame);
    }
  }

  RawClient client;

 private:
  void note(const Frame& frame) {
    Http2Answer& answer = answers_[frame.stream];
    switch (frame.type) {
      case kHeaders: {
        bool trailers = answer.status >= 200;
        for (auto& [name, value] : inflate(frame.payload)) {
          if (name == ":status") {
            answer.status = std::stoi(value);
          } else {
            (trailers ? answer.trailers : answer.fields)[name] = value;
          }
        }
        break;
      }
      case kData:
        answer.body += frame.payload;
        break;
      case kReset:
        answer.reset = static_cast<int>(frame.number());
        break;
      case kGoaway:
        goaway_last = static_cast<int>(frame.number());
        goaway_code = static_cast<int>(frame.number(4));
        break;
      default:
        break;
    }
    if (frame.ends_stream()) answer.whole = true;
  }
  FieldList inflate(const std::string& payload) {
    FieldList fields;
    auto* in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(payload.data()));
    std::size_t left = payload.size();
    for (;;) {
      nghttp2_nv nv;
      int flags = 0;
      ssize_t used = nghttp2_hd_inflate_hd2(inflater_, &nv, &flags, in, left, 1);
      if (used < 0) break;
      in += used;
      left -= static_cast<std::size_t>(used);
      if (flags & NGHTTP2_HD_INFLATE_EMIT) {
        fields.emplace_back(std::string(reinterpret_cast<char*>(nv.name), nv.namelen),
                            std::string(reinterpret_cast<char*>(nv.value), nv.valuelen));
      }
      if (flags & NGHTTP2_HD_INFLATE_FINAL) break;
    }
    nghttp2_hd_inflate_end_headers(inflater_);
    return fields;
  }

  nghttp2_hd_inflater* inflater_ = nullptr;
  std::map<int, Http2Answer> answers_;
};

}  // namespace souk::net
