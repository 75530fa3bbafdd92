// SPDX-License-Identifier: Apache-2.0
//
// GET /api/v1/figures: one look at what the event stream tells as it changes.
#include "api/bind.h"
#include "api/native/figures/sampler.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

struct WantedFigures {
  std::string of;
};
BOOST_DESCRIBE_STRUCT(WantedFigures, (), (of))
struct FigureList {
  std::vector<Figure> figures;
};
BOOST_DESCRIBE_STRUCT(FigureList, (), (figures))

Result<FigureList> look(const Rooms& rooms, const access::Call& call, const WantedFigures& wanted) {
  if (rooms.sampler == nullptr) return unavailable("figures are not measured here");
  auto names = rooms.sampler->names_of(wanted.of);
  if (!names) return std::move(names).error().at("of");
  if (names->empty()) return invalid_argument("nothing is asked for").at("of");
  FigureList out;
  for (const std::string& name : *names) out.figures.push_back(SOUK_TRY(rooms.sampler->look(call, name)));
  return out;
}

}  // namespace

void add_figures(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<WantedFigures, FigureList>(
      "GET", "/api/v1/figures", kReader, kUsual,
      {"get_figures", "What is measured now; GET /api/v1/events?figures= tells the same as it changes"},
      [&rooms](const access::Call& call, const WantedFigures& wanted) { return look(rooms, call, wanted); }));
}

}  // namespace souk::api::native
