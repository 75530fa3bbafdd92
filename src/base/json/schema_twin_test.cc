// SPDX-License-Identifier: Apache-2.0
//
// A type of the same name, in the same namespace, as one of schema_test.cc.
#include "base/json_schema.h"

namespace souk::json_schema_test {
namespace {

struct Twin {
  std::string elsewhere;
};
BOOST_DESCRIBE_STRUCT(Twin, (), (elsewhere))

}  // namespace

std::string twin_of_another_file(json::Schemas& schemas);
std::string twin_of_another_file(json::Schemas& schemas) {
  return schemas.of<Twin>();
}

}  // namespace souk::json_schema_test
