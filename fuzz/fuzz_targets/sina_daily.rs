#![no_main]

use finvista::sina::SINA;

libfuzzer_sys::fuzz_target!(|input: &[u8]| finvista_fuzz::decode(&SINA, "cn_stock_daily", input));
