#![no_main]

use finvista::tencent::TENCENT;

libfuzzer_sys::fuzz_target!(|input: &[u8]| finvista_fuzz::decode(&TENCENT, "cn_stock_daily", input));
