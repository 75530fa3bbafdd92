// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/fake_s3_test.h"

#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "base/digest.h"
#include "base/hash/crc32c.h"

namespace souk::blobs::s3 {

namespace {

std::string etag_of(const std::string& bytes) {
  return "\"" + sha256(bytes).hex().substr(0, 32) + "\"";
}

net::Response xml(int status, const std::string& body) {
  return net::Response::text(status, "application/xml", "<?xml version=\"1.0\"?>" + body);
}

net::Response error(int status, const std::string& code) {
  return xml(status, "<Error><Code>" + code + "</Code><Message>as told</Message></Error>");
}

net::Response head_of(const FakeS3::Object& object, int status) {
  net::Response response{status, object.metadata, {}};
  response.add("ETag", etag_of(object.bytes));
  response.add("Last-Modified", "Sat, 01 Jan 2050 00:00:00 GMT");
  return response;
}

std::string element(const std::string& name, const std::string& text) {
  return "<" + name + ">" + text + "</" + name + ">";
}

}  // namespace

FakeS3::FakeS3()
    : server_(
          net::ServerSettings{.threads = 2}, "127.0.0.1:0",
          [this](net::StreamPtr stream) {
            stream->limit({.max_bytes = 64 << 20});
            stream->collect([this, stream](Result<std::shared_ptr<std::string>> body) {
              if (body) handle(stream, **body);
            });
          },
          log_, metrics_) {
  EXPECT_TRUE(server_.start());
}

FakeS3::~FakeS3() {
  server_.drain();
}

void FakeS3::fail_next(int count, Failure how, std::function<bool(const Seen&)> which) {
  std::lock_guard lock(mutex);
  fails = [count, how, which = std::move(which)](const Seen& one) mutable {
    if (count == 0 || (which && !which(one))) return Failure::none;
    count--;
    return how;
  };
}

int FakeS3::requests(const std::string& method) {
  std::lock_guard lock(mutex);
  return static_cast<int>(std::count_if(seen.begin(), seen.end(), [&](const Seen& s) { return s.method == method; }));
}

void FakeS3::handle(const net::StreamPtr& stream, const std::string& body) {
  std::lock_guard lock(mutex);
  const net::RequestHead& head = stream->head();
  Seen one{std::string(head.method), std::string(head.path), std::string(head.query),
           std::string(head.header("Range"))};
  one.key = one.key.size() > 6 ? one.key.substr(6) : "";  // "/souk/"
  seen.push_back(one);
  Failure failure = fails ? fails(one) : Failure::none;
  if (failure == Failure::hang_up) return stream->abort();
  if (failure == Failure::internal_error) return stream->send(error(500, "InternalError"));
  if (failure == Failure::slow_down) return stream->send(std::move(error(503, "SlowDown").add("Retry-After", "0")));
  if (failure == Failure::denied) return stream->send(error(403, "AccessDenied"));
  auto pairs = net::parse_query(head.query);
  Parameters query(pairs->begin(), pairs->end());
  net::Response response = answer(head, one, query, body);
  if (failure == Failure::none || response.body.empty()) return stream->send(std::move(response));
  std::string bytes = response.body[0].bytes;
  if (failure == Failure::corrupt) {
    if (!bytes.empty()) bytes[bytes.size() / 2] ^= 0x20;
    response.body[0].bytes = bytes;
    return stream->send(std::move(response));
  }
  stream->start({response.status, response.headers, bytes.size()});
  stream->write(bytes.substr(0, bytes.size() / 2), [stream](Status) { stream->abort(); });
}

net::Response FakeS3::answer(const net::RequestHead& head, const Seen& one, const Parameters& query,
                             const std::string& body) {
  if (head.header("Authorization").find("Credential=key/") == std::string_view::npos) {
    return error(403, "InvalidAccessKeyId");
  }
  const std::string id = query.contains("uploadId") ? query.at("uploadId") : "";
  if (head.method == "POST" && query.contains("uploads")) {
    std::string made = random_token(40);
    uploads[made] = {one.key, {}, now()};
    return xml(200, "<InitiateMultipartUploadResult>" + element("UploadId", made) + "</InitiateMultipartUploadResult>");
  }
  if (!id.empty() && (!uploads.contains(id) || uploads[id].key != one.key)) return error(404, "NoSuchUpload");
  if (head.method == "POST") return complete(id, body);
  if (head.method == "PUT") return id.empty() ? put(head, one.key, body) : put_part(head, query, body);
  if (head.method == "DELETE") {
    if (id.empty()) {
      objects.erase(one.key);
    } else {
      uploads.erase(id);
    }
    return net::Response{204, {}, {}};
  }
  if (query.contains("list-type")) return list(query);
  if (query.contains("uploads")) return list_uploads(query);
  return id.empty() ? get(head, one.key) : list_parts(id);
}

net::Response FakeS3::put(const net::RequestHead& head, const std::string& key, const std::string& body) {
  std::string_view payload = head.header("x-amz-content-sha256");
  if (payload != "UNSIGNED-PAYLOAD" && payload != sha256(body).hex()) return error(400, "XAmzContentSHA256Mismatch");
  if (head.header("If-None-Match") == "*" && objects.contains(key)) return error(412, "PreconditionFailed");
  Object object{body, {}, now()};
  for (const net::HeaderView& header : head.headers) {
    if (header.name.starts_with("x-amz-meta-")) {
      object.metadata.push_back({std::string(header.name), std::string(header.value)});
    }
  }
  objects[key] = std::move(object);
  return std::move(net::Response{200, {}, {}}.add("ETag", etag_of(body)));
}

net::Response FakeS3::put_part(const net::RequestHead& head, const Parameters& query, const std::string& body) {
  if (head.header("x-amz-checksum-crc32c") != crc32c_base64(crc32c(as_bytes(body)))) return error(400, "BadDigest");
  uploads[query.at("uploadId")].parts[std::stoi(query.at("partNumber"))] = {body, {}, now()};
  return std::move(net::Response{200, {}, {}}.add("ETag", etag_of(body)));
}

net::Response FakeS3::get(const net::RequestHead& head, const std::string& key) {
  if (!objects.contains(key)) return error(404, "NoSuchKey");
  const Object& object = objects[key];
  std::string_view range = head.header("Range");
  if (head.method == "HEAD" || range.empty()) {
    net::Response response = head_of(object, 200);
    response.body.push_back(net::Chunk(object.bytes));
    return response;
  }
  std::size_t first = 0, last = 0;
  EXPECT_EQ(sscanf(std::string(range).c_str(), "bytes=%zu-%zu", &first, &last), 2);
  if (first >= object.bytes.size()) return error(416, "InvalidRange");
  net::Response response = head_of(object, 206);
  response.body.push_back(net::Chunk(object.bytes.substr(first, last - first + 1)));
  return response;
}

net::Response FakeS3::complete(const std::string& id, const std::string& body) {
  pugi::xml_document document;
  document.load_string(body.c_str());
  std::string whole;
  int number = 0;
  for (pugi::xml_node part : document.child("CompleteMultipartUpload").children("Part")) {
    number++;
    auto found = uploads[id].parts.find(part.child("PartNumber").text().as_int());
    if (found == uploads[id].parts.end() || found->first != number ||
        etag_of(found->second.bytes) != part.child_value("ETag")) {
      return error(400, "InvalidPart");
    }
    whole += found->second.bytes;
  }
  objects[uploads[id].key] = {whole, {}, now()};
  uploads.erase(id);
  return xml(200, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>");
}

net::Response FakeS3::list(const Parameters& query) {
  std::string after = query.contains("start-after") ? query.at("start-after") : "", out;
  std::size_t left = std::stoul(query.at("max-keys"));
  for (const auto& [key, object] : objects) {
    if (!key.starts_with(query.at("prefix")) || key <= after || left == 0) continue;
    left--;
    out += element("Contents", element("Key", key) + element("Size", std::to_string(object.bytes.size())) +
                                   element("LastModified", format_rfc3339(object.modified)));
  }
  return xml(200, element("ListBucketResult", out));
}

net::Response FakeS3::list_uploads(const Parameters& query) {
  std::string out;
  for (const auto& [id, upload] : uploads) {
    if (!upload.key.starts_with(query.at("prefix"))) continue;
    out += element("Upload", element("Key", upload.key) + element("UploadId", id) +
                                 element("Initiated", format_rfc3339(upload.begun)));
  }
  return xml(200, element("ListMultipartUploadsResult", out));
}

net::Response FakeS3::list_parts(const std::string& id) {
  std::string out;
  for (const auto& [number, part] : uploads[id].parts) {
    out += element("Part", element("PartNumber", std::to_string(number)) + element("ETag", etag_of(part.bytes)) +
                               element("Size", std::to_string(part.bytes.size())) +
                               element("LastModified", format_rfc3339(part.modified)));
  }
  return xml(200, element("ListPartsResult", out));
}

}  // namespace souk::blobs::s3
