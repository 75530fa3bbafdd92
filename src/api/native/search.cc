// SPDX-License-Identifier: Apache-2.0
#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

struct SearchHit {
  std::string kind;
  std::int64_t id = 0;
  std::string title, reference, summary;
  double score = 0;
};
BOOST_DESCRIBE_STRUCT(SearchHit, (), (kind, id, title, reference, summary, score))
struct SearchAnswer {
  std::vector<SearchHit> hits;
  std::vector<std::string> corrected;
};
BOOST_DESCRIBE_STRUCT(SearchAnswer, (), (hits, corrected))
struct SearchFor {
  std::string q;
  std::optional<std::int64_t> page_size;
};
BOOST_DESCRIBE_STRUCT(SearchFor, (), (q, page_size))

}  // namespace

void add_search(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<SearchFor, SearchAnswer>(
      "GET", "/api/v1/search", kReader, kUsual,
      {"search", "Models, experiments and runs that the words and filters of `q` fit, the best first"},
      [&rooms](const access::Call& call, const SearchFor& request) -> Result<SearchAnswer> {
        auto found = SOUK_TRY(rooms.search.find(
            call, request.q, static_cast<std::size_t>(std::max<std::int64_t>(request.page_size.value_or(20), 0))));
        SearchAnswer out{{}, std::move(found.corrected)};
        for (registry::SearchHit& hit : found.hits)
          out.hits.push_back({std::move(hit.kind), hit.id, std::move(hit.title), std::move(hit.reference),
                              std::move(hit.summary), hit.score});
        return out;
      }));
}

}  // namespace souk::api::native
