// SPDX-License-Identifier: Apache-2.0
#include "webhooks/signature.h"

#include <gtest/gtest.h>

#include "webhooks/webhooks.h"

namespace souk::webhooks {
namespace {

// The example of the specification, "Signature scheme".
TEST(Signature, is_that_of_the_specification) {
  EXPECT_EQ(signature_of({"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                         R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Signature, two_secrets_sign_side_by_side) {
  const std::string a = make_secret(), b = make_secret();
  EXPECT_EQ(signature_of({a, b}, "m", 1, "{}"),
            signature_of({a}, "m", 1, "{}") + " " + signature_of({b}, "m", 1, "{}"));
  EXPECT_NE(signature_of({a}, "m", 1, "{}"), signature_of({a}, "m", 2, "{}"));
}

TEST(Secret, has_its_form) {
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(check_secret(make_secret()));
  EXPECT_TRUE(check_secret("whsec_" + std::string(32, 'A')));
  for (const char* wrong : {"", "whsec_", "whsec_AAAA", "secret", "whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"}) {
    EXPECT_FALSE(check_secret(wrong)) << wrong;
  }
  EXPECT_FALSE(check_secret("whsec_" + std::string(200, 'A')));
}

TEST(Pattern, star_is_any_run) {
  EXPECT_TRUE(matches("*", "model.created"));
  EXPECT_TRUE(matches("model.*", "model.created"));
  EXPECT_TRUE(matches("*.created", "model.created"));
  EXPECT_TRUE(matches("m*.*d", "model.created"));
  EXPECT_FALSE(matches("model.*", "models"));
  EXPECT_FALSE(matches("model.create", "model.created"));
  EXPECT_FALSE(matches("*.created", "model.created.x"));
  EXPECT_FALSE(matches("", "model.created"));
  EXPECT_FALSE(matches(std::string(100, '*') + "x", std::string(100, 'a')));
}

}  // namespace
}  // namespace souk::webhooks
