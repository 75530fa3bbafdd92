// SPDX-License-Identifier: Apache-2.0
#include <png.h>

#include <csetjmp>
#include <cstring>

#include "tasks/images/image.h"

namespace souk::tasks {

namespace {

constexpr png_alloc_size_t kMaxChunk = 4 << 20;  // memory for one ancillary chunk

// Everything that lives across libpng's longjmp; owned by decode_png's frame, which is below the setjmp.
struct Decoding {
  std::span<const std::byte> left;
  ImageLimits limits;
  Image image;
  std::vector<png_bytep> rows;
  std::string reason;
  Status size;
  png_structp png = nullptr;
  png_infop info = nullptr;

  ~Decoding() {
    if (png) png_destroy_read_struct(&png, info ? &info : nullptr, nullptr);
  }
};

void on_error(png_structp png, png_const_charp message) {
  static_cast<Decoding*>(png_get_error_ptr(png))->reason = message;
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void read(png_structp png, png_bytep into, png_size_t count) {
  auto* decoding = static_cast<Decoding*>(png_get_io_ptr(png));
  if (count > decoding->left.size()) png_error(png, "it ends too early");
  std::memcpy(into, decoding->left.data(), count);
  decoding->left = decoding->left.subspan(count);
}

// Sets up 8-bit samples of gray, gray+alpha, RGB or RGBA; false when the size is refused.
bool read_head(Decoding& d) {
  png_read_info(d.png, d.info);
  png_uint_32 width = png_get_image_width(d.png, d.info), height = png_get_image_height(d.png, d.info);
  d.size = check_size(width, height, d.limits);
  if (!d.size) return false;
  png_set_expand(d.png);  // palettes to RGB, fewer bits to 8, tRNS to alpha
  png_set_scale_16(d.png);
  png_set_interlace_handling(d.png);
  png_read_update_info(d.png, d.info);
  d.image.width = static_cast<int>(width);
  d.image.height = static_cast<int>(height);
  d.image.channels = png_get_channels(d.png, d.info);
  std::size_t row = png_get_rowbytes(d.png, d.info);
  if (row != static_cast<std::size_t>(width) * static_cast<std::size_t>(d.image.channels)) {
    png_error(d.png, "its rows have an unexpected size");
  }
  return true;
}

void allocate(Decoding& d) {
  std::size_t row = static_cast<std::size_t>(d.image.width) * static_cast<std::size_t>(d.image.channels);
  d.image.samples.resize(row * static_cast<std::size_t>(d.image.height));
  d.rows.resize(static_cast<std::size_t>(d.image.height));
  for (std::size_t y = 0; y < d.rows.size(); ++y) d.rows[y] = d.image.samples.data() + y * row;
}

// The calls into libpng, each of which may jump; nothing in this frame has a destructor.
bool run_head(Decoding& d) {
  if (setjmp(png_jmpbuf(d.png))) return false;
  return read_head(d);
}
bool run_pixels(Decoding& d) {
  if (setjmp(png_jmpbuf(d.png))) return false;
  png_read_image(d.png, d.rows.data());
  png_read_end(d.png, nullptr);
  return true;
}

}  // namespace

Result<Image> decode_png(std::span<const std::byte> file, const ImageLimits& limits) {
  Decoding d{.left = file, .limits = limits};
  d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, on_error, on_warning);
  if (d.png) d.info = png_create_info_struct(d.png);
  if (!d.info) return resource_exhausted("there is not enough memory to decode the image");
  png_set_read_fn(d.png, &d, read);
  png_set_user_limits(d.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // check_size says it better
  png_set_chunk_malloc_max(d.png, kMaxChunk);
  // Texts, profiles and other ancillary chunks are passed over.
  png_set_keep_unknown_chunks(d.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);

  bool good = run_head(d);
  SOUK_TRY(std::move(d.size));
  if (good) {
    allocate(d);
    good = run_pixels(d);
  }
  if (!good) return invalid_argument("the PNG image is broken: " + d.reason);
  return std::move(d.image);
}

}  // namespace souk::tasks
