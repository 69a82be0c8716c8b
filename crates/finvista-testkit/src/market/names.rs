//! Names for made-up listings, and the initials of names in pinyin.

/// First halves of names.
pub(super) const PLACES: &[&str] = &[
    "华东", "华北", "华南", "江南", "江北", "河西", "山东", "岭南", "关中", "巴蜀", "秦岭", "泰山", "黄海",
    "东海", "南海", "北辰", "天山", "昆仑", "长白", "长江", "长城", "重庆", "厦门", "西藏", "广晟", "朝阳",
    "蔚蓝", "松江", "珠江", "闽江", "赣江", "湘江", "汉江", "淮河", "洪湖", "太湖", "西湖", "东湖", "南山",
    "北山", "金山", "银河", "星海", "新华", "中兴", "中天", "大华", "大洋", "国光", "国泰", "民生", "海通",
    "海天", "恒信", "宏图", "鸿运", "佳美", "嘉禾", "金龙", "京华", "康达", "科华", "凯旋", "乐康", "联创",
    "美联", "明珠", "宁波", "启明", "瑞丰", "三元", "盛世", "双星", "顺达", "腾飞", "通达", "万里", "维远",
    "先锋", "协和", "兴业", "旭日", "亚太", "阳光", "永安", "宇通", "远大", "云海", "振华", "正泰", "志高",
    "众合", "东阿", "德信", "方圆", "福达", "光大", "海德", "环球", "吉祥",
];

/// Second halves of names.
pub(super) const TRADES: &[&str] = &[
    "科技", "股份", "电子", "电气", "医药", "药业", "生物", "银行", "证券", "汽车", "钢铁", "有色", "化工",
    "化学", "材料", "新材", "能源", "电力", "水务", "环保", "建材", "建筑", "地产", "机械", "重工", "智能",
    "软件", "信息", "通信", "网络", "传媒", "文化", "教育", "旅游", "酒店", "酒业", "食品", "乳业", "农业",
    "种业", "渔业", "纺织", "服饰", "家居", "家电", "照明", "光电", "光学", "芯片", "精密", "精工", "仪器",
    "航空", "航天", "船舶", "港口", "物流", "高速", "铁路", "轨交", "石油", "燃气", "煤业", "黄金", "稀土",
    "锂业", "铜业", "铝业", "水泥", "玻璃", "陶瓷", "橡胶", "塑料", "包装", "印刷", "造纸", "调味", "厨柜",
    "会展", "行云",
];

/// What exchange traded funds follow.
pub(super) const THEMES: &[&str] = &[
    "沪深300",
    "中证500",
    "中证1000",
    "科创50",
    "创业板",
    "上证50",
    "红利",
    "低波",
    "半导体",
    "芯片",
    "医药",
    "医疗",
    "创新药",
    "新能源",
    "光伏",
    "电池",
    "券商",
    "银行",
    "保险",
    "军工",
    "酒",
    "消费",
    "食品",
    "家电",
    "传媒",
    "游戏",
    "软件",
    "通信",
    "人工智能",
    "机器人",
    "有色",
    "黄金",
    "煤炭",
    "钢铁",
    "化工",
    "农业",
    "基建",
    "房地产",
    "恒生科技",
    "港股通",
    "纳指",
    "标普500",
    "国债",
    "信用债",
    "央企",
    "国企",
];

/// Who manages them.
pub(super) const HOUSES: &[&str] = &[
    "华夏",
    "易方达",
    "南方",
    "嘉实",
    "富国",
    "国泰",
    "广发",
    "华宝",
    "博时",
    "天弘",
    "招商",
    "鹏华",
    "华安",
    "银华",
    "景顺",
    "工银",
    "汇添富",
    "海富通",
    "平安",
    "万家",
    "建信",
    "大成",
    "国联安",
    "华泰柏瑞",
];

/// The initial of each character in use, by letter.
const INITIALS: &[(char, &str)] = &[
    ('A', "安艾"),
    ('B', "保办包北半博备宝巴板柏标比波玻白舶"),
    ('C', "产传创厨城慈成材池瓷船财车辰"),
    ('D', "东代低动地大导店德电达迪"),
    ('E', "尔"),
    ('F', "丰份伏发富房方服福纺费锋飞"),
    ('G', "光公关国工广歌港股贵赣轨钢高"),
    ('H', "化华合和哈宏弘恒汇汉沪河洪海淮湖环禾红航鸿黄"),
    ('J', "交京件佳具军吉嘉基家居建技教景机检江稽精胶酒金锦际"),
    ('K', "凯口康控昆科空"),
    ('L', "乐仑利力岭料旅林流璃疗粮络联蓝螂路连里铝锂龙"),
    ('M', "媒密明模民煤美茅铭门闽"),
    ('N', "农南宁泥纳能"),
    ('P', "品啤平普浦片鹏"),
    ('Q', "企券启器庆气汽球秦"),
    ('R', "乳人日润燃瑞融软"),
    ('S', "三上世刷双商塑实山数时松水深生盛石色苏蜀赛速顺食饰"),
    ('T', "体台图土天太泰添炭特腾螳退通铁铜陶"),
    ('W', "万五务味文物维网钨"),
    ('X', "信先兴协夏学息戏新旋旭星械橡消湘祥稀芯西险"),
    ('Y', "业云亚仪元医印圆央宇易有永油洋液渔游源用育药运远银阳雅"),
    ('Z', "中众债子展州张志招指振智正照珠种竹筑纸织装证造"),
];

/// Characters with two readings: the common one in names of companies, and the other.
const TWICE: &[(char, [char; 2])] = &[
    ('长', ['C', 'Z']),
    ('行', ['X', 'H']),
    ('厦', ['S', 'X']),
    ('重', ['Z', 'C']),
    ('晟', ['S', 'C']),
    ('藏', ['Z', 'C']),
    ('阿', ['A', 'E']),
    ('会', ['H', 'K']),
    ('参', ['C', 'S']),
    ('调', ['D', 'T']),
    ('泊', ['B', 'P']),
    ('鹄', ['H', 'G']),
    ('朝', ['C', 'Z']),
    ('蔚', ['W', 'Y']),
    ('柜', ['G', 'J']),
];

/// Words in which one of them has its other reading.
const WORDS: &[(&str, char)] = &[
    ("银行", '行'),
    ("厦门", '厦'),
    ("重庆", '重'),
    ("重药", '重'),
    ("东阿阿胶", '阿'),
    ("东阿", '阿'),
    ("会稽", '会'),
    ("大参林", '参'),
    ("空调", '调'),
    ("调味", '调'),
];

/// The initials of a name: first as it is read, then with the other readings of its characters. Letters and digits stay,
/// blanks and signs go, full-width letters become ordinary ones.
pub(super) fn initials(name: &str) -> Vec<String> {
    let mut readings = vec![String::new()];
    for (at, c) in name.char_indices() {
        let letters = letters(name, at, c);
        let longer =
            |letter: &char| readings.iter().map(|text| format!("{text}{letter}")).collect::<Vec<_>>();
        if !letters.is_empty() {
            readings = letters.iter().flat_map(longer).collect();
        }
    }
    readings
}

/// The initials that the character `c` at `at` of `name` can have, the right one first.
fn letters(name: &str, at: usize, c: char) -> Vec<char> {
    if let Some((_, [common, other])) = TWICE.iter().find(|(twice, _)| *twice == c) {
        let is_in = |(word, of): &(&str, char)| {
            *of == c
                && name.match_indices(word).any(|(begin, word)| (begin..begin + word.len()).contains(&at))
        };
        return if WORDS.iter().any(is_in) { vec![*other, *common] } else { vec![*common, *other] };
    }
    let folded = match c {
        'Ａ'..='Ｚ' => char::from_u32(u32::from(c) - u32::from('Ａ') + u32::from('A')).unwrap_or(c),
        _ => c.to_ascii_uppercase(),
    };
    let chinese = INITIALS.iter().find(|(_, chars)| chars.contains(c)).map(|(letter, _)| *letter);
    chinese.or_else(|| folded.is_ascii_alphanumeric().then_some(folded)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_follow_the_vendors_and_know_the_other_reading() {
        for (name, right) in [
            ("平安银行", "PAYH"),
            ("贵州茅台", "GZMT"),
            ("重庆啤酒", "CQPJ"),
            ("长安汽车", "CAQC"),
            ("厦门钨业", "XMWY"),
            ("西藏药业", "XZYY"),
            ("东阿阿胶", "DEEJ"),
            ("会稽山", "KJS"),
            ("大参林", "DSL"),
            ("哈空调", "HKT"),
            ("苏泊尔", "SBE"),
            ("行动教育", "XDJY"),
            ("大连重工", "DLZG"),
            ("亚厦股份", "YSGF"),
            ("万  科Ａ", "WKA"),
            ("*ST华东", "STHD"),
            ("通信ETF华夏", "TXETFHX"),
        ] {
            assert_eq!(initials(name).first().map(String::as_str), Some(right), "{name}");
        }
        assert!(initials("平安银行").contains(&"PAYX".to_owned()));
        assert!(initials("重庆啤酒").contains(&"ZQPJ".to_owned()));
        assert_eq!(initials("贵州茅台"), ["GZMT"]);
    }
}
