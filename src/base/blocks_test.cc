// SPDX-License-Identifier: Apache-2.0
#include "base/blocks.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

namespace souk {
namespace {

constexpr std::size_t kSize = 16 << 20;

TEST(Blocks, ABlockThatWasLetGoIsTheNextOne) {
  Blocks blocks;
  auto first = blocks.take(kSize);
  std::byte* at = first.get();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(at) % 64, 0u);
  at[kSize - 1] = std::byte{7};
  first.reset();
  EXPECT_GE(blocks.kept(), kSize);
  auto second = blocks.take(kSize - 1000);
  EXPECT_EQ(second.get(), at);
  EXPECT_EQ(blocks.kept(), 0u);
}

TEST(Blocks, ALittleTooLargeIsCutToItsSize) {
  Blocks blocks;
  auto first = blocks.take(kSize + kSize / 8);
  std::byte* at = first.get();
  first.reset();
  auto second = blocks.take(kSize);
  EXPECT_EQ(second.get(), at);
  std::memset(second.get(), 1, kSize);
  second.reset();
  EXPECT_EQ(blocks.kept(), kSize);
  EXPECT_NE(blocks.take(kSize / 2), nullptr);  // much too large: another
  EXPECT_EQ(blocks.kept(), kSize + kSize / 2);
}

TEST(Blocks, KeepsNoMoreThanItsMost) {
  Blocks blocks;
  std::vector<std::shared_ptr<std::byte>> many;
  for (std::size_t i = 0; i < Blocks::kMostKept / kSize + 4; ++i) many.push_back(blocks.take(kSize));
  many.clear();
  EXPECT_EQ(blocks.kept(), Blocks::kMostKept);
}

TEST(Blocks, WhatNobodyTakesGoesBack) {
  Blocks blocks;
  blocks.take(kSize).reset();
  blocks.take(Blocks::kLarge).reset();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (blocks.kept() > 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(blocks.kept(), 0u);
}

TEST(Blocks, SmallOnesAreOfTheHeapAndAligned) {
  Blocks blocks;
  for (std::size_t size : {0, 1, 15, 17, 1000, 4096, 65535}) {
    auto small = blocks.take(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(small.get()) % (size < 4096 ? 16 : 64), 0u) << size;
    std::memset(small.get(), 1, size);
  }
  EXPECT_EQ(blocks.kept(), 0u);
}

TEST(Blocks, ABlockMayOutliveThem) {
  std::shared_ptr<std::byte> block;
  {
    Blocks blocks;
    block = blocks.take(kSize);
  }
  block.get()[0] = std::byte{1};
  block.reset();
}

TEST(Blocks, ThreadsTakeAndGiveAtTheSameTime) {
  Blocks blocks;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&blocks, t] {
      for (std::size_t i = 0; i < 500; ++i) {
        const std::size_t size = Blocks::kLarge + i % 7 * 4096;
        auto block = blocks.take(size);
        std::memset(block.get(), t, size);
        EXPECT_EQ(block.get()[size / 2], std::byte(t));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Blocks, MoreThanThereIsThrows) {
  Blocks blocks;
  EXPECT_THROW(blocks.take(SIZE_MAX - 10), std::bad_alloc);
  EXPECT_THROW(blocks.take(1ull << 60), std::bad_alloc);
}

}  // namespace
}  // namespace souk
