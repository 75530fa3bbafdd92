// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <jpeglib.h>
// after jpeglib.h, which it needs
#include <jerror.h>

#include <csetjmp>
#include <cstring>

#include "tasks/images/image.h"

namespace souk::tasks {

namespace {

constexpr int kMaxScans = 200;  // a progressive picture has about ten; each costs a pass over all its pixels

struct Decoding {
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  jpeg_decompress_struct jpeg{};
  std::jmp_buf failed{};
  Image image;
  int orientation = 1;
  Status size;
  std::string reason;

  ~Decoding() { jpeg_destroy_decompress(&jpeg); }
};

Decoding& of(j_common_ptr jpeg) {
  return *static_cast<Decoding*>(jpeg->client_data);
}

[[noreturn]] void fail(j_common_ptr jpeg, const char* reason) {
  of(jpeg).reason = reason;
  std::longjmp(of(jpeg).failed, 1);
}

void on_error(j_common_ptr jpeg) {
  char message[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, message);
  fail(jpeg, message);
}

// Warnings about a picture that lacks pixels are errors here: nobody wants the class of a gray rest.
void on_message(j_common_ptr jpeg, int level) {
  if (level != -1) return;
  int code = jpeg->err->msg_code;
  if (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER) fail(jpeg, "it ends too early");
}

void on_progress(j_common_ptr jpeg) {
  auto* decompress = reinterpret_cast<j_decompress_ptr>(jpeg);
  if (decompress->input_scan_number > kMaxScans) fail(jpeg, "it has too many scans");
}

int orientation_of(const Decoding& d) {
  constexpr char kExif[] = {'E', 'x', 'i', 'f', '\0', '\0'};
  for (auto* marker = d.jpeg.marker_list; marker; marker = marker->next) {
    if (marker->data_length > sizeof kExif && std::memcmp(marker->data, kExif, sizeof kExif) == 0) {
      return exif_orientation(std::as_bytes(std::span(marker->data, marker->data_length)).subspan(sizeof kExif));
    }
  }
  return 1;
}

bool run_head(Decoding& d, std::span<const std::byte> file, const ImageLimits& limits) {
  if (setjmp(d.failed)) return false;
  jpeg_create_decompress(&d.jpeg);
  d.jpeg.client_data = &d;
  d.jpeg.progress = &d.progress;
  d.progress.progress_monitor = on_progress;
  jpeg_mem_src(&d.jpeg, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  jpeg_save_markers(&d.jpeg, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(&d.jpeg, TRUE);
  d.size = check_size(d.jpeg.image_width, d.jpeg.image_height, limits);
  if (!d.size) return false;
  if (d.jpeg.num_components != 1 && d.jpeg.num_components != 3) {
    fail(reinterpret_cast<j_common_ptr>(&d.jpeg), "it is neither gray nor RGB (CMYK?): convert it to RGB");
  }
  d.jpeg.out_color_space = d.jpeg.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  d.image.width = static_cast<int>(d.jpeg.image_width);
  d.image.height = static_cast<int>(d.jpeg.image_height);
  d.image.channels = d.jpeg.num_components;
  d.orientation = orientation_of(d);  // the markers go with the pixels
  return true;
}

bool run_pixels(Decoding& d) {
  if (setjmp(d.failed)) return false;
  jpeg_start_decompress(&d.jpeg);
  std::size_t row = static_cast<std::size_t>(d.image.width) * static_cast<std::size_t>(d.image.channels);
  while (d.jpeg.output_scanline < d.jpeg.output_height) {
    JSAMPROW into = d.image.samples.data() + d.jpeg.output_scanline * row;
    jpeg_read_scanlines(&d.jpeg, &into, 1);
  }
  jpeg_finish_decompress(&d.jpeg);
  return true;
}

}  // namespace

Result<Image> decode_jpeg(std::span<const std::byte> file, const ImageLimits& limits) {
  Decoding d;
  d.jpeg.err = jpeg_std_error(&d.errors);
  d.errors.error_exit = on_error;
  d.errors.emit_message = on_message;
  d.jpeg.client_data = &d;

  bool good = run_head(d, file, limits);
  SOUK_TRY(std::move(d.size));
  if (good) {
    d.image.samples.resize(static_cast<std::size_t>(d.image.width) * static_cast<std::size_t>(d.image.height) *
                           static_cast<std::size_t>(d.image.channels));
    good = run_pixels(d);
  }
  if (!good) return invalid_argument("the JPEG image is broken: " + d.reason);
  return orient(std::move(d.image), d.orientation);
}

}  // namespace souk::tasks
