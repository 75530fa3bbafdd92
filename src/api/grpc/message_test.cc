// SPDX-License-Identifier: Apache-2.0
#include "api/grpc/message.h"

#include <gtest/gtest.h>

#include <cstring>

#include "api/grpc/protobuf.h"
#include "api/grpc/services.h"
#include "api/grpc/status.h"

namespace souk::api::grpc {
namespace {

// A body that comes in pieces of a given size, each from outside of the call that asks for it.
class PieceStream final : public net::Stream {
 public:
  PieceStream(std::string body, std::size_t piece) : body_(std::move(body)), piece_(piece) {}
  const net::RequestHead& head() const override { return head_; }
  void limit(const net::BodyLimits&) override {}
  void read(std::span<std::byte> into, std::function<void(Result<std::size_t>)> done) override {
    into_ = into;
    done_ = std::move(done);
  }
  void collect(std::function<void(Result<std::shared_ptr<std::string>>)>) override {}
  void send(net::Response) override {}
  void start(net::ResponseHead) override {}
  void write(net::Chunk, std::function<void(Status)>) override {}
  void finish() override {}
  void abort() override {}
  bool gone() const override { return false; }
  void on_gone(std::function<void()>) override {}
  void post(std::function<void()>) override {}

  void run() {
    while (done_) {
      std::size_t n = std::min({into_.size(), piece_, body_.size() - taken_});
      std::memcpy(into_.data(), body_.data() + taken_, n);
      taken_ += n;
      std::exchange(done_, nullptr)(n);
    }
  }

 private:
  net::RequestHead head_;
  std::string body_;
  std::size_t piece_;
  std::size_t taken_ = 0;
  std::span<std::byte> into_;
  std::function<void(Result<std::size_t>)> done_;
};

std::string framed(std::string_view message, bool compressed = false) {
  std::string text(kPrefix, '\0');
  write_prefix(text.data(), message.size(), compressed);
  return text.append(message);
}

struct Read {
  std::vector<Message> messages;
  std::vector<std::string> texts;
  std::optional<Error> error;
};

Read read_all(const std::string& body, std::size_t piece, Coding coding = Coding::identity,
              MessageReader::Limits limits = {}) {
  auto stream = std::make_shared<PieceStream>(body, piece);
  MessageReader reader(stream, coding, limits);
  Read read;
  std::function<void(Result<std::optional<Message>>)> take = [&](Result<std::optional<Message>> message) {
    if (!message) {
      read.error = message.error();
    } else if (*message) {
      read.texts.emplace_back((*message)->text());
      read.messages.push_back(std::move(**message));
      reader.next(take);
    }
  };
  reader.next(take);
  stream->run();
  return read;
}

TEST(MessageReader, TakesMessagesApart) {
  std::string body = framed("one") + framed("") + framed(std::string(50'000, 'x')) + framed("last");
  for (std::size_t piece : {1, 4, 5, 7, 16'384, 1'000'000}) {
    Read read = read_all(body, piece);
    EXPECT_FALSE(read.error);
    EXPECT_EQ(read.texts, (std::vector<std::string>{"one", "", std::string(50'000, 'x'), "last"})) << piece;
  }
  EXPECT_TRUE(read_all("", 1).texts.empty());
}

TEST(MessageReader, RefusesWhatIsNoMessage) {
  EXPECT_EQ(read_all(framed("hello").substr(0, 3), 1).error->code, Code::invalid_argument);
  EXPECT_EQ(read_all(framed("hello").substr(0, 8), 1).error->code, Code::invalid_argument);
  EXPECT_EQ(read_all("\2" + framed("hello").substr(1), 1).error->code, Code::invalid_argument);
  EXPECT_EQ(read_all(framed("hello", true), 1).error->code, Code::internal) << "compressed, but how?";
  EXPECT_EQ(read_all(framed("hello", true), 1, Coding::gzip).error->code, Code::invalid_argument);
  EXPECT_EQ(read_all(framed("12345678901"), 1, Coding::identity, {.max_bytes = 10}).error->code,
            Code::resource_exhausted);
  EXPECT_EQ(read_all(std::string("\0\xff\xff\xff\xff", 5), 5).error->code, Code::resource_exhausted);
}

TEST(MessageReader, Decompresses) {
  auto packed = [](std::string_view text) {
    Compressor compressor(Coding::gzip);
    compressor.add(std::as_bytes(std::span(text.data(), text.size())));
    return compressor.finish();
  };
  Read read = read_all(framed(packed("hello"), true) + framed("plain"), 3, Coding::gzip);
  EXPECT_EQ(read.texts, (std::vector<std::string>{"hello", "plain"}));
  EXPECT_EQ(
      read_all(framed(packed(std::string(1 << 20, 'x')), true), 9999, Coding::gzip, {.max_bytes = 1 << 16}).error->code,
      Code::resource_exhausted);
}

TEST(MessageReader, PlacesLargeMessagesAsAsked) {
  static std::size_t where = 0;
  auto find = [](std::string_view begin) -> std::optional<std::size_t> {
    where = begin.find("HERE");
    return where == std::string_view::npos ? std::nullopt : std::optional(where);
  };
  for (std::size_t at : {0, 1, 37, 64, 100, 4000}) {
    std::string message = std::string(at, '.') + "HERE" + std::string(100'000, 'x');
    Read read = read_all(framed(message), 10'000, Coding::identity, {.find_aligned = find});
    ASSERT_EQ(read.texts.at(0), message);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read.messages[0].bytes.data() + at) % kAlignment, 0u) << at;
  }
}

TEST(GrpcStatus, Timeouts) {
  using std::chrono::nanoseconds;
  EXPECT_EQ(parse_timeout("100m").value(), nanoseconds(100'000'000));
  EXPECT_EQ(parse_timeout("1H").value(), std::chrono::hours(1));
  EXPECT_EQ(parse_timeout("2M").value(), std::chrono::minutes(2));
  EXPECT_EQ(parse_timeout("99999999S").value(), std::chrono::seconds(99'999'999));
  EXPECT_EQ(parse_timeout("7u").value(), std::chrono::microseconds(7));
  EXPECT_EQ(parse_timeout("0n").value(), nanoseconds(0));
  EXPECT_GT(parse_timeout("99999999H").value().count(), 0) << "more hours than nanoseconds can count";
  for (const char* bad : {"", "m", "100", "100x", "-1m", "+1m", "1.5S", "123456789m", " 1m", "1 m"}) {
    EXPECT_FALSE(parse_timeout(bad)) << bad;
  }
}

TEST(GrpcStatus, SaysErrorsAsTrailersCarryThem) {
  EXPECT_EQ(encode_message("plain text"), "plain text");
  EXPECT_EQ(encode_message("100 % \n ü"), "100 %25 %0A %C3%BC");
  auto fields = status_fields(unavailable("busy").retry_in(std::chrono::milliseconds(250)));
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[0].value, "14");
  EXPECT_EQ(fields[1].value, "busy");
  EXPECT_EQ(fields[2].value, "250");
}

TEST(ProtoReader, ReadsFieldsAndRefusesGarbage) {
  std::string text;
  put_tag(text, 1, WireType::varint);
  put_varint(text, 300);
  put_bytes(text, 2, "abc");
  put_tag(text, 3, WireType::fixed32);
  text += std::string("\1\0\0\0", 4);
  ProtoReader reader(text);
  ProtoField field;
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.value, 300u);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.bytes, "abc");
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.value, 1u);
  EXPECT_FALSE(reader.next(field));
  EXPECT_FALSE(reader.bad());
  for (std::string bad : {std::string("\x08"),
                          std::string("\x0a\x05"
                                      "abc"),
                          std::string("\x00\x01", 2), std::string("\x0b"), std::string("\x0d\x01\x02"),
                          std::string(11, '\xff'), std::string("\x08") + std::string(9, '\xff') + "\x02",
                          std::string("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")}) {
    ProtoReader broken(bad);
    while (broken.next(field)) {
    }
    EXPECT_TRUE(broken.bad()) << testing::PrintToString(bad);
  }
}

TEST(Descriptors, FindFilesBySymbol) {
  std::string method, service, message, file, imported, set;
  put_bytes(method, 1, "Do");
  put_bytes(service, 1, "Service");
  put_bytes(service, 2, method);
  std::string nested, field;
  put_bytes(nested, 1, "Inner");
  put_bytes(field, 1, "size");
  put_bytes(message, 1, "Outer");
  put_bytes(message, 2, field);
  put_bytes(message, 3, nested);
  put_bytes(file, 1, "a.proto");
  put_bytes(file, 2, "pack.age");
  put_bytes(file, 3, "b.proto");
  put_bytes(file, 4, message);
  put_bytes(file, 6, service);
  put_bytes(imported, 1, "b.proto");
  put_bytes(set, 1, file);
  put_bytes(set, 1, imported);
  Descriptors descriptors(set);
  EXPECT_EQ(descriptors.services(), std::vector<std::string>{"pack.age.Service"});
  std::vector<std::string_view> both{file, imported};
  EXPECT_EQ(descriptors.file("a.proto"), both);
  for (const char* symbol :
       {"pack.age.Service", "pack.age.Service.Do", "pack.age.Outer", "pack.age.Outer.Inner", "pack.age.Outer.size"}) {
    EXPECT_EQ(descriptors.file_with(symbol), both) << symbol;
  }
  EXPECT_TRUE(descriptors.file_with("pack.age").empty());
  EXPECT_TRUE(descriptors.file("c.proto").empty());
}

}  // namespace
}  // namespace souk::api::grpc
