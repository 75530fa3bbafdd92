// SPDX-License-Identifier: Apache-2.0
//
// Moving all bytes to another place while serving. For admins of everything only.
#include "api/bind.h"
#include "api/native/shapes.h"

namespace souk::api::native {
namespace {

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

struct NewBlobMove {
  std::string target;
};
BOOST_DESCRIBE_STRUCT(NewBlobMove, (), (target))
struct CreateBlobMove {
  NewBlobMove body;
};
BOOST_DESCRIBE_STRUCT(CreateBlobMove, (), (body))

struct OneBlobMove {
  std::int64_t blob_move = 0;
};
BOOST_DESCRIBE_STRUCT(OneBlobMove, (), (blob_move))

struct BlobMoveList {
  std::vector<artifacts::BlobMove> blob_moves;
};
BOOST_DESCRIBE_STRUCT(BlobMoveList, (), (blob_moves))

}  // namespace

void add_blob_moves(RouteTable::Door& door, const Rooms& rooms) {
  door.add(plain<CreateBlobMove, artifacts::BlobMove>(
      "POST", "/api/v1/blob_moves", kAdmin, kUsual,
      {"create_blob_move", "Move all bytes to another place, file:PATH or s3://…, while serving", 202},
      [&rooms](const access::Call& call, const CreateBlobMove& request) -> Result<artifacts::BlobMove> {
        SOUK_TRY(rooms.access.require_everywhere(call, access::Role::ADMIN));
        Result<artifacts::BlobMove> move = rooms.moves.begin(request.body.target);
        if (!move && move.error().field == "blobs") return std::move(move).error().at("target");
        return move;
      }));
  door.add(plain<Nothing, BlobMoveList>("GET", "/api/v1/blob_moves", kAdmin, kUsual,
                                        {"list_blob_moves", "Moves of all bytes, the latest first"},
                                        [&rooms](const access::Call& call, const Nothing&) -> Result<BlobMoveList> {
                                          SOUK_TRY(rooms.access.require_everywhere(call, access::Role::ADMIN));
                                          return BlobMoveList{SOUK_TRY(rooms.moves.list())};
                                        }));
  door.add(plain<OneBlobMove, artifacts::BlobMove>(
      "GET", "/api/v1/blob_moves/{blob_move}", kAdmin, kUsual, {"get_blob_move", "How far a move of all bytes is"},
      [&rooms](const access::Call& call, const OneBlobMove& request) -> Result<artifacts::BlobMove> {
        SOUK_TRY(rooms.access.require_everywhere(call, access::Role::ADMIN));
        return rooms.moves.get(artifacts::BlobMoveId(request.blob_move));
      }));
}

}  // namespace souk::api::native
