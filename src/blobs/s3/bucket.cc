// SPDX-License-Identifier: Apache-2.0
#include "blobs/s3/bucket.h"

#include <charconv>
#include <sstream>

#include <pugixml.hpp>

#include "base/digest.h"
#include "base/hash/crc32c.h"
#include "net/fields.h"

namespace souk::blobs::s3 {

namespace {

constexpr std::string_view kMeta = "x-amz-meta-";

std::uint64_t number_of(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Time time_of(const char* text) {
  Result<Time> time = parse_rfc3339(text);
  return time ? *time : Time{};
}

Time http_date(std::string_view text) {
  std::string owned(text);
  std::tm parts{};
  if (strptime(owned.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return {};
  return from_millis(static_cast<std::int64_t>(timegm(&parts)) * 1000);
}

Metadata metadata_of(const net::ClientResponse& response) {
  Metadata out;
  for (const net::Header& header : response.headers) {
    if (header.name.size() <= kMeta.size() || !net::same_name(header.name.substr(0, kMeta.size()), kMeta)) continue;
    std::string name = header.name.substr(kMeta.size());
    for (char& c : name) c = net::lower_case(c);
    out[name] = header.value;
  }
  return out;
}

// The document under its root's name. Errors: unavailable (it is no such answer)
Result<pugi::xml_document> parse(const net::ClientResponse& response, const char* root) {
  pugi::xml_document document;
  if (!document.load_buffer(response.body.data(), response.body.size(), pugi::parse_minimal | pugi::parse_escapes) ||
      !document.child(root)) {
    return unavailable(std::string("the S3 server's answer is no ") + root)
        .advise("see that the endpoint of --blobs is an S3 server");
  }
  return document;
}

// "etag" or "etag crc"
std::string tag_of(std::string_view etag, std::string_view crc) {
  std::string out(etag);
  return crc.empty() ? out : out + " " + std::string(crc);
}

std::string completion(const std::vector<std::string>& tags) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("CompleteMultipartUpload");
  for (std::size_t i = 0; i < tags.size(); i++) {
    pugi::xml_node part = root.append_child("Part");
    std::size_t space = std::min(tags[i].find(' '), tags[i].size());
    part.append_child("PartNumber").text() = static_cast<unsigned>(i + 1);
    part.append_child("ETag").text() = tags[i].substr(0, space).c_str();
    if (space < tags[i].size()) part.append_child("ChecksumCRC32C").text() = tags[i].substr(space + 1).c_str();
  }
  std::ostringstream out;
  document.save(out, "", pugi::format_raw);
  return out.str();
}

}  // namespace

Status Bucket::check() {
  Request request{.method = "GET", .query = {{"list-type", "2"}, {"max-keys", "1"}}};
  request.query.push_back({"prefix", sender_.address().prefix});
  net::ClientResponse response = SOUK_TRY(sender_.send(request));
  if (response.status != 200) return sender_.error_of(response, "opening the bucket " + sender_.address().bucket);
  SOUK_TRY(parse(response, "ListBucketResult"));
  return {};
}

Result<std::optional<Object>> Bucket::find(const std::string& key) {
  net::ClientResponse response = SOUK_TRY(sender_.send({.method = "HEAD", .key = key}));
  if (response.status == 404) return std::optional<Object>();
  if (response.status != 200) return sender_.error_of(response, "looking for " + key);
  return std::optional(Object{number_of(response.header("Content-Length")), http_date(response.header("Last-Modified")),
                              metadata_of(response)});
}

Result<std::string> Bucket::get(const std::string& key, std::uint64_t limit, Metadata* metadata) {
  std::string body;
  Request request{.method = "GET", .key = key};
  request.restart = [&body] { body.clear(); };
  request.sink = [&](std::span<const std::byte> bytes) -> Status {
    if (body.size() + bytes.size() > limit) {
      return resource_exhausted(key + " is larger than the " + std::to_string(limit) + " bytes allowed here");
    }
    body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  };
  net::ClientResponse response = SOUK_TRY(sender_.send(request));
  if (response.status != 200) return sender_.error_of(response, "reading " + key);
  if (metadata != nullptr) *metadata = metadata_of(response);
  return body;
}

Status Bucket::get_range(const std::string& key, std::uint64_t offset, std::uint64_t count, std::string& into,
                         const std::string& tag) {
  const std::size_t before = into.size();
  Request request{.method = "GET", .key = key};
  request.headers.push_back({"Range", "bytes=" + std::to_string(offset) + "-" + std::to_string(offset + count - 1)});
  if (!tag.empty()) request.headers.push_back({"If-Match", tag});
  request.restart = [&] { into.resize(before); };
  request.sink = [&](std::span<const std::byte> bytes) -> Status {
    if (into.size() - before + bytes.size() > count) {
      return data_loss("the S3 server sends more of " + key + " than was asked for");
    }
    into.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  };
  net::ClientResponse response = SOUK_TRY(sender_.send(request));
  if (response.status == 412) return aborted(key + " changed while it was read");
  if (response.status == 416 || (response.status / 100 == 2 && into.size() - before != count)) {
    return data_loss(key + " is shorter than it was when it was stored");
  }
  if (response.status != 206 && response.status != 200) return sender_.error_of(response, "reading " + key);
  return {};
}

Result<bool> Bucket::put(const std::string& key, const std::string& body, std::string_view payload,
                         const Metadata& metadata, bool only_new) {
  Request request{.method = "PUT", .key = key, .body = &body, .payload = std::string(payload)};
  for (const auto& [name, value] : metadata) request.headers.push_back({std::string(kMeta) + name, value});
  if (only_new) request.headers.push_back({"If-None-Match", "*"});
  net::ClientResponse response = SOUK_TRY(sender_.send(request));
  if (only_new && (response.status == 412 || response.status == 409)) return false;
  if (response.status != 200) return sender_.error_of(response, "writing " + key);
  return true;
}

Status Bucket::remove(const std::string& key) {
  net::ClientResponse response = SOUK_TRY(sender_.send({.method = "DELETE", .key = key}));
  if (response.status / 100 != 2 && response.status != 404) return sender_.error_of(response, "removing " + key);
  return {};
}

Result<std::vector<Listed>> Bucket::list(const std::string& prefix, const std::string& after, std::size_t count) {
  Request request{.method = "GET", .query = {{"list-type", "2"}, {"prefix", prefix}}};
  request.query.push_back({"max-keys", std::to_string(count)});
  if (!after.empty()) request.query.push_back({"start-after", after});
  net::ClientResponse response = SOUK_TRY(sender_.send(request));
  if (response.status != 200) return sender_.error_of(response, "listing " + prefix);
  pugi::xml_document document = SOUK_TRY(parse(response, "ListBucketResult"));
  std::vector<Listed> out;
  for (pugi::xml_node one : document.child("ListBucketResult").children("Contents")) {
    out.push_back({one.child_value("Key"), number_of(one.child_value("Size")), time_of(one.child_value("LastModified")),
                   one.child_value("ETag")});
  }
  return out;
}

Result<std::string> Bucket::begin_upload(const std::string& key) {
  Request request{.method = "POST", .key = key, .query = {{"uploads", ""}}};
  request.headers.push_back({"x-amz-checksum-algorithm", "CRC32C"});
  net::ClientResponse response = SOUK_TRY(sender_.send(request));
  if (response.status != 200) return sender_.error_of(response, "beginning " + key);
  pugi::xml_document document = SOUK_TRY(parse(response, "InitiateMultipartUploadResult"));
  std::string id = document.child("InitiateMultipartUploadResult").child_value("UploadId");
  if (id.empty()) return unavailable("the S3 server gives no id for the upload of " + key);
  return id;
}

Result<std::string> Bucket::put_part(const std::string& key, const std::string& upload, std::uint32_t number,
                                     const std::string& bytes) {
  std::string crc = crc32c_base64(crc32c(as_bytes(bytes)));
  Request request{.method = "PUT", .key = key, .body = &bytes};
  request.query = {{"partNumber", std::to_string(number)}, {"uploadId", upload}};
  request.headers.push_back({"x-amz-checksum-crc32c", crc});
  net::ClientResponse response = SOUK_TRY(sender_.send(request));
  if (response.status != 200) {
    return sender_.error_of(response, "writing part " + std::to_string(number) + " of " + key);
  }
  return tag_of(response.header("ETag"), crc);
}

Status Bucket::complete_upload(const std::string& key, const std::string& upload, const std::vector<std::string>& tags,
                               std::uint64_t size) {
  std::string body = completion(tags);
  Request request{.method = "POST", .key = key, .query = {{"uploadId", upload}}, .body = &body, .slow = true};
  net::ClientResponse response = SOUK_TRY(sender_.send(request));
  // An answer of 200 may still hold an error, for the server began it before it was done.
  if (response.status == 200 && fault_of(response).code.empty()) return {};
  if (std::string code = fault_of(response).code; code == "InvalidPart" || code == "InvalidPartOrder") {
    return failed_precondition("a part of " + key + " is not the one that was kept").advise("start the upload again");
  }
  if (response.status == 404) {  // an earlier attempt may have come through, its answer lost
    auto there = SOUK_TRY(find(key));
    if (there && there->size == size) return {};
  }
  return sender_.error_of(response, "completing " + key);
}

Status Bucket::abort_upload(const std::string& key, const std::string& upload) {
  net::ClientResponse response =
      SOUK_TRY(sender_.send({.method = "DELETE", .key = key, .query = {{"uploadId", upload}}}));
  if (response.status / 100 != 2 && response.status != 404) return sender_.error_of(response, "dropping " + key);
  return {};
}

Result<std::vector<Upload>> Bucket::list_uploads(const std::string& prefix) {
  std::vector<Upload> out;
  std::string key_marker, id_marker;
  while (true) {
    Request request{.method = "GET", .query = {{"uploads", ""}, {"prefix", prefix}}};
    if (!key_marker.empty()) {
      request.query.push_back({"key-marker", key_marker});
      request.query.push_back({"upload-id-marker", id_marker});
    }
    net::ClientResponse response = SOUK_TRY(sender_.send(request));
    if (response.status != 200) return sender_.error_of(response, "listing the uploads of " + prefix);
    pugi::xml_document document = SOUK_TRY(parse(response, "ListMultipartUploadsResult"));
    pugi::xml_node root = document.child("ListMultipartUploadsResult");
    for (pugi::xml_node one : root.children("Upload")) {
      out.push_back({one.child_value("Key"), one.child_value("UploadId"), time_of(one.child_value("Initiated"))});
    }
    key_marker = root.child_value("NextKeyMarker");
    id_marker = root.child_value("NextUploadIdMarker");
    if (std::string_view(root.child_value("IsTruncated")) != "true" || key_marker.empty()) return out;
  }
}

Result<std::vector<Part>> Bucket::list_parts(const std::string& key, const std::string& upload) {
  std::vector<Part> out;
  std::string marker;
  while (true) {
    Request request{.method = "GET", .key = key, .query = {{"uploadId", upload}}};
    if (!marker.empty()) request.query.push_back({"part-number-marker", marker});
    net::ClientResponse response = SOUK_TRY(sender_.send(request));
    if (response.status != 200) return sender_.error_of(response, "listing the parts of " + key);
    pugi::xml_document document = SOUK_TRY(parse(response, "ListPartsResult"));
    pugi::xml_node root = document.child("ListPartsResult");
    for (pugi::xml_node one : root.children("Part")) {
      out.push_back({static_cast<std::uint32_t>(number_of(one.child_value("PartNumber"))),
                     number_of(one.child_value("Size")),
                     tag_of(one.child_value("ETag"), one.child_value("ChecksumCRC32C")),
                     time_of(one.child_value("LastModified"))});
    }
    marker = root.child_value("NextPartNumberMarker");
    if (std::string_view(root.child_value("IsTruncated")) != "true" || marker.empty()) return out;
  }
}

}  // namespace souk::blobs::s3
