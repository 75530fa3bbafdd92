// SPDX-License-Identifier: Apache-2.0
#include "registry/compare/compare.h"

#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

struct GetComparison {
  std::string of;  // with commas between
  std::optional<bool> only_changed;
};
BOOST_DESCRIBE_STRUCT(GetComparison, (), (of, only_changed))

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    if (end == text.size() || out.size() > 100) return out;
    begin = end + 1;
  }
}

}  // namespace

void add_compare(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<GetComparison, registry::Comparison>(
      "GET", "/api/v1/compare", kReader, kUsual,
      {"compare", "2 to 20 versions or runs side by side: of=digits:1,digits@champion or of=run:5,run:7"},
      [&rooms](const access::Call& call, const GetComparison& request) {
        return rooms.compare->compare(call, parts_of(request.of), request.only_changed.value_or(false));
      }));
}

}  // namespace souk::api::native
