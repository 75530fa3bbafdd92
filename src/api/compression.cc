// SPDX-License-Identifier: Apache-2.0
#include "api/compression.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <new>

namespace souk::api {
namespace {

constexpr int kGzipWindow = 15 + 16;
constexpr int kZlibWindow = 15;
constexpr int kRawWindow = -15;
constexpr std::size_t kStep = 64 << 10;
constexpr std::size_t kPiece = 1 << 30;  // zlib counts in 32 bits

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x | 0x20 : x) == y; });
}

// Some clients take "deflate" for deflate without zlib's frame: then the first two bytes are no head of zlib's.
int inflate_window(Coding coding, std::span<const std::byte> bytes) {
  if (coding == Coding::gzip) return kGzipWindow;
  if (bytes.size() < 2) return kZlibWindow;
  auto first = std::to_integer<unsigned>(bytes[0]), second = std::to_integer<unsigned>(bytes[1]);
  return (first & 15) == 8 && (first * 256 + second) % 31 == 0 ? kZlibWindow : kRawWindow;
}

struct Inflater {
  z_stream stream{};
  explicit Inflater(int window) {
    if (inflateInit2(&stream, window) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
};

Error malformed(Coding coding) {
  return invalid_argument("is not " + std::string(coding_name(coding)) + ", or ends early").at("body");
}

double quality_of(std::string_view parameters) {
  std::size_t at = parameters.find("q=");
  if (at == std::string_view::npos) return 1;
  double quality = 0;
  std::string_view text = trim(parameters.substr(at + 2));
  std::from_chars(text.data(), text.data() + text.size(), quality);
  return quality;
}

}  // namespace

std::string_view coding_name(Coding coding) {
  switch (coding) {
    case Coding::gzip:
      return "gzip";
    case Coding::deflate:
      return "deflate";
    case Coding::identity:
      break;
  }
  return "identity";
}

std::optional<Coding> find_coding(std::string_view name) {
  name = trim(name);
  if (name.empty() || same(name, "identity")) return Coding::identity;
  if (same(name, "gzip") || same(name, "x-gzip")) return Coding::gzip;
  if (same(name, "deflate")) return Coding::deflate;
  return std::nullopt;
}

Coding choose_coding(std::string_view accept_encoding) {
  Coding best = Coding::identity;
  double best_quality = 0;
  while (!accept_encoding.empty()) {
    std::size_t comma = accept_encoding.find(',');
    std::string_view one = accept_encoding.substr(0, comma);
    accept_encoding = comma == std::string_view::npos ? std::string_view() : accept_encoding.substr(comma + 1);
    std::size_t semicolon = one.find(';');
    std::string_view name = trim(one.substr(0, semicolon));
    auto coding = find_coding(name);
    if (name.empty() || !coding || *coding == Coding::identity) continue;
    double quality = semicolon == std::string_view::npos ? 1 : quality_of(one.substr(semicolon + 1));
    bool better = quality > best_quality || (quality == best_quality && *coding == Coding::gzip);
    if (quality <= 0 || !better) continue;
    best = *coding;
    best_quality = quality;
  }
  return best;
}

Result<std::string> decompress(Coding coding, std::span<const std::byte> bytes, std::size_t most) {
  if (coding == Coding::identity) return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Inflater inflater(inflate_window(coding, bytes));
  z_stream& stream = inflater.stream;
  std::string out;
  std::size_t filled = 0;
  std::size_t taken = 0;
  for (;;) {
    if (filled == out.size()) {
      if (filled > most) {
        return resource_exhausted("the request body is larger than the " + std::to_string(most) +
                                  " bytes allowed here, once decompressed")
            .at("body");
      }
      out.resize(std::min(filled + std::max(filled, kStep), most + 1));
    }
    std::size_t piece = std::min(bytes.size() - taken, kPiece), room = std::min(out.size() - filled, kPiece);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data() + taken));
    stream.avail_in = static_cast<uInt>(piece);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
    stream.avail_out = static_cast<uInt>(room);
    int rc = inflate(&stream, Z_NO_FLUSH);
    taken += piece - stream.avail_in;
    filled += room - stream.avail_out;
    if (rc == Z_STREAM_END) {
      if (taken == bytes.size()) break;
      // gzip members may follow one another (RFC 1952, 2.2).
      if (coding != Coding::gzip || inflateReset(&stream) != Z_OK) return malformed(coding);
    } else if (rc != Z_OK && !(rc == Z_BUF_ERROR && filled == out.size())) {
      return malformed(coding);
    }
  }
  if (filled > most) {
    return resource_exhausted("the request body is larger than the " + std::to_string(most) +
                              " bytes allowed here, once decompressed")
        .at("body");
  }
  out.resize(filled);
  return out;
}

struct Compressor::State {
  z_stream stream{};
  std::string out;
  std::size_t filled = 0;

  void run(std::span<const std::byte> bytes, int flush) {
    do {
      std::size_t piece = std::min(bytes.size(), kPiece);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
      stream.avail_in = static_cast<uInt>(piece);
      int rc = Z_OK;
      do {
        if (filled == out.size()) out.resize(filled + std::max(filled / 2, kStep / 4));
        std::size_t room = std::min(out.size() - filled, kPiece);
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
        stream.avail_out = static_cast<uInt>(room);
        rc = deflate(&stream, bytes.size() > piece ? Z_NO_FLUSH : flush);
        filled += room - stream.avail_out;
      } while (stream.avail_in > 0 || (flush == Z_FINISH && bytes.size() == piece && rc != Z_STREAM_END));
      bytes = bytes.subspan(piece);
    } while (!bytes.empty());
  }
};

Compressor::Compressor(Coding coding) : state_(std::make_unique<State>()) {
  int window = coding == Coding::gzip ? kGzipWindow : kZlibWindow;
  if (deflateInit2(&state_->stream, Z_BEST_SPEED, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}
Compressor::~Compressor() {
  deflateEnd(&state_->stream);
}

void Compressor::add(std::span<const std::byte> bytes) {
  if (!bytes.empty()) state_->run(bytes, Z_NO_FLUSH);
}

std::string Compressor::finish() {
  state_->run({}, Z_FINISH);
  state_->out.resize(state_->filled);
  return std::move(state_->out);
}

}  // namespace souk::api
