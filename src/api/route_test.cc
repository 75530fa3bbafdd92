// SPDX-License-Identifier: Apache-2.0
#include "api/route.h"

#include <gtest/gtest.h>

#include "api/error_table.h"
#include "api/origin.h"

namespace souk::api {
namespace {

class RouteTableTest : public ::testing::Test {
 protected:
  void add(RouteTable::Door& door, std::string method, std::string pattern) {
    door.add(
        Route{std::move(method), std::move(pattern), kReader, kUsual, Form::completing, [](const ExchangePtr&) {}, {}});
  }
  std::string found(std::string_view method, std::string_view path) {
    auto match = table_.match(method, path);
    if (!match) return "error: " + match.error().message;
    if (!match->route) return match->allow.empty() ? "none" : "allow " + match->allow;
    std::string out = match->route->pattern;
    for (const std::string& value : match->path) out += " " + value;
    return out;
  }
  RouteTable table_;
};

net::Response other_shape(const Error&, const access::Call&) {
  return {};
}

TEST_F(RouteTableTest, LiteralBeatsNameBeatsRest) {
  auto door = table_.door("a", &problem, {"/api"});
  add(door, "GET", "/api/models/{model}");
  add(door, "GET", "/api/models/all");
  add(door, "GET", "/api/models/{model}/files/{path...}");
  add(door, "POST", "/api/models/{model}:seal");
  EXPECT_EQ(found("GET", "/api/models/all"), "/api/models/all");
  EXPECT_EQ(found("GET", "/api/models/digits"), "/api/models/{model} digits");
  EXPECT_EQ(found("HEAD", "/api/models/digits"), "/api/models/{model} digits");
  EXPECT_EQ(found("GET", "/api/models/d/files/a/b%20c"), "/api/models/{model}/files/{path...} d a/b c");
  EXPECT_EQ(found("POST", "/api/models/d:seal"), "/api/models/{model}:seal d");
  EXPECT_EQ(found("GET", "/api/models/sha256:abc"), "/api/models/{model} sha256:abc");
  EXPECT_EQ(found("GET", "/api/models//"), "none");
  EXPECT_EQ(found("DELETE", "/api/models/all"), "allow GET");
}

TEST_F(RouteTableTest, WalksBackFromALiteralThatLeadsNowhere) {
  auto door = table_.door("a", &problem, {"/v2"});
  add(door, "GET", "/v2/models/{name}/ready");
  add(door, "GET", "/v2/{ns}/{model}/tags/list");
  EXPECT_EQ(found("GET", "/v2/models/digits/ready"), "/v2/models/{name}/ready digits");
  EXPECT_EQ(found("GET", "/v2/models/digits/tags/list"), "/v2/{ns}/{model}/tags/list models digits");
}

TEST_F(RouteTableTest, PathsUnderADoorNeverFallToTheWebPage) {
  auto door = table_.door("a", &other_shape, {"/api/v1"});
  add(door, "GET", "/api/v1/models");
  auto web = table_.door("web", &problem, {});
  add(web, "GET", std::string(kCatchAll));
  EXPECT_EQ(found("GET", "/models/digits"), "/{path...} models/digits");
  EXPECT_EQ(found("GET", "/api/v1/modelz"), "none");
  EXPECT_EQ(found("GET", "/api/v10"), "/{path...} api/v10");
  EXPECT_EQ(found("POST", "/anything"), "none");
  EXPECT_EQ(table_.match("GET", "/api/v1/modelz")->error, &other_shape);
}

TEST_F(RouteTableTest, RefusesBadEscapes) {
  auto door = table_.door("a", &problem, {"/api"});
  add(door, "GET", "/api/{name}");
  EXPECT_TRUE(found("GET", "/api/%zz").starts_with("error"));
  EXPECT_TRUE(found("GET", "/api/a%00b").starts_with("error"));
}

TEST_F(RouteTableTest, ARouteThatStandsTwiceIsFoundAtStart) {
  auto door = table_.door("a", &problem, {"/api"});
  add(door, "GET", "/api/{name}");
  EXPECT_THROW(add(door, "GET", "/api/{other}"), std::logic_error);
}

TEST(ErrorTable, NamesWhatHttpNamesMoreExactly) {
  EXPECT_EQ(http_status(failed_precondition("in use")), 409);
  EXPECT_EQ(http_status(failed_precondition("changed").at("If-Match")), 412);
  EXPECT_EQ(http_status(resource_exhausted("rate")), 429);
  EXPECT_EQ(http_status(resource_exhausted("large").at("body")), 413);
  EXPECT_EQ(http_status(deadline_exceeded("slow").at("body")), 408);
  EXPECT_EQ(gateway_status(Code::failed_precondition), 400);
}

TEST(ErrorTable, ProblemsCarryCodeFieldHintAndTrace) {
  access::Call call;
  call.trace_id = "0123";
  net::Response response =
      problem(unavailable("full").at("x").advise("wait").retry_in(std::chrono::milliseconds(1500)), call);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(
      response.body.at(0).bytes,
      R"({"type":"about:blank","title":"Service Unavailable","status":503,"detail":"x: full","code":"UNAVAILABLE",)"
      R"("field":"x","hint":"wait","trace_id":"0123"})");
  bool retry = false;
  for (const net::Header& header : response.headers) retry |= header.name == "Retry-After" && header.value == "2";
  EXPECT_TRUE(retry);
}

struct OriginCase {
  std::string_view host, origin;
  bool allowed;
};
class OriginTest : public ::testing::TestWithParam<OriginCase> {};
TEST_P(OriginTest, LetsOnlyThisMachineIn) {
  const OriginCase& one = GetParam();
  net::RequestHead head;
  head.headers.push_back({"Host", one.host});
  if (!one.origin.empty()) head.headers.push_back({"Origin", one.origin});
  EXPECT_EQ(check_origin(head, {"http://localhost:5173"}).has_value(), one.allowed) << one.host << " " << one.origin;
}
INSTANTIATE_TEST_SUITE_P(Headers, OriginTest,
                         ::testing::Values(OriginCase{"127.0.0.1:8080", "", true},
                                           OriginCase{"localhost:8080", "http://localhost:8080", true},
                                           OriginCase{"[::1]:8080", "", true}, OriginCase{"127.8.9.1", "", true},
                                           OriginCase{"evil.example", "", false},
                                           OriginCase{"127.0.0.1.evil.example", "", false},
                                           OriginCase{"127.0.0.1:8080", "http://evil.example", false},
                                           OriginCase{"127.0.0.1:8080", "null", false},
                                           OriginCase{"localhost:8080", "http://localhost:9999", false},
                                           OriginCase{"localhost:8080", "http://localhost:5173", true},
                                           OriginCase{"", "", false}));

}  // namespace
}  // namespace souk::api
