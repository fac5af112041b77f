"""地理标志 · geographical indications: a place's name for goods that owe their quality to it. Four routes, four laws.

- Runs: all detectors of names and pictures, the grammar of places and products (`gi_grammar`), names said for short
  (`nickname`), evocation (`gi_evocation`), stated origins (`origin`), the official mark in words (`official_mark`) and in
  pictures (`mark_seen`, `mark_use`), and who may use it.
- Leaves out: what is about brands only; `left_out` says why for each.
- Test: by route, since the laws differ and are never merged; see `tests`. Where no route is on record, the finding says
  that the test is to be checked. A lawful user need not be on any list: such listings are 待核实产地, not 涉嫌.
- Ground: by route and day, in `detectors/grounds/`. European law (Regulation (EU) 2024/1143, which forbids evocation) is
  only named for rights that a member of the Union protects and China does not: never in a Chinese case.
- Not looked at: whether the goods meet the registered standard.
"""

from detectors.kinds import NAMES, PICTURES, STANDING, Kind, LegalTest
from detectors.lands import EU
from records.model import Text
from records.terms import GiRoute, RightKind

_MARK = Text(
    "按商标法须容易使相关公众混淆或误认产地,标明的真实产地应一并考虑",
    "under trademark law the public must be likely to be confused or misled about the origin, and a true origin that is "
    "stated counts as well",
)
_REGARDLESS = Text("标明真实产地也不改变这一点", "stating the true origin does not change that")

KIND = Kind(
    kind=RightKind.GI,
    label=Text("地理标志", "the geographical indication"),
    detectors=(
        *NAMES,
        *PICTURES,
        *STANDING,
        "reference",
        "contracted",
        "gi_evocation",
        "gi_grammar",
        "mark_seen",
        "mark_use",
        "nickname",
        "official_mark",
        "origin",
    ),
    topic="gi",
    topics={
        "evocation.": "gi_evocation",
        "mark.seen": "official_mark",
        "mark.seen_other_code": "official_mark",
        "mark.seen_without_code": "official_mark",
        "mark.seen_wrong_code": "official_mark",
        "mark.retired_seen": "official_mark",
        "mark.unlisted": "official_mark",
        "origin.contradicted": "false_origin",
        "origin.material_contradicted": "false_origin",
        "seller.authorised_elsewhere": "false_origin",
        "origin.local_seller": "place_name_use",
        "origin.open": "place_name_use",
        "origin.stated_local": "place_name_use",
    },
    left_out={
        "goods.fake_words": "produce of a place is not sold as a replica; imitation is said by `evocation.imitation`",
        "goods.named": "the goods are part of the name already, so naming them says nothing new",
        "goods.related": "as `goods.named`",
        "goods.unknown": "the name says which goods",
        "joined.two_fields": "`gi.across_fields` joins place and product, and knows what may stand where",
        "mention.fits": "nothing is made to fit a place",
    },
    tests=(
        LegalTest(
            Text("地理标志保护产品", "protected product"),
            Text(
                "在相同或类似产品上使用该名称、其译文或“型”“风味”“仿”等攀附用语,或者擅自使用专用标志;以产品是否产自"
                "划定产地、符合标准并获准使用为准",
                "use of the name, its translation or words such as “type”, “flavour” or “imitation” for the same or "
                "similar products, or of the official mark, without the product's coming from the area, meeting its "
                "standard and being admitted",
            ),
            GiRoute.PROTECTED_PRODUCT,
            evoked=_REGARDLESS,
        ),
        LegalTest(
            Text("证明商标", "certification mark"),
            Text(
                "商标标准:未经许可使用相同或近似标志,容易使相关公众误认商品来源于该地区并具有其特定品质;商品确符合条件的,"
                "可以要求使用",
                "trademark law: use of the same or a similar sign without permission, so that the public takes the goods "
                "for those of the region with its quality; whoever's goods meet the conditions may ask to use it",
            ),
            GiRoute.CERTIFICATION_MARK,
            evoked=_MARK,
        ),
        LegalTest(
            Text("集体商标", "collective mark"),
            Text(
                "商标标准:非成员使用相同或近似标志,容易使相关公众误认;商品确符合条件的非成员可以正当使用其中的地名",
                "trademark law: use of the same or a similar sign by one who is no member, so that the public is misled; "
                "one who is none but whose goods meet the conditions may fairly use the place's name",
            ),
            GiRoute.COLLECTIVE_MARK,
            evoked=_MARK,
        ),
        LegalTest(
            Text("农产品地理标志", "agricultural indication"),
            Text(
                "伪造、冒用农产品地理标志或登记证书;以产品是否产自登记的地域范围并经登记证书持有人授权为准",
                "forging or passing off the registered agricultural indication or its certificate; what counts is whether "
                "the goods come from the registered area under an agreement with the holder",
            ),
            GiRoute.AGRI_GI,
            evoked=Text(
                "该路线禁止伪造、冒用,是否及于此类用语待核对",
                "this route forbids forging and passing off, and whether it reaches such words is to be checked",
            ),
        ),
        LegalTest(
            Text("未登记保护路线", "no route on record"),
            Text(
                "未登记路线,适用哪项标准待核对;只能以擅自使用有一定影响的商品名称论",
                "no route is on record, so which test applies is to be checked; it can only be argued as use of a known "
                "product's name without permission",
            ),
            evoked=Text(
                "权利未登记保护路线,适用哪项标准待核对",
                "the right's route is not on record, so which test applies is to be checked",
            ),
        ),
        LegalTest(
            Text("欧盟地理标志", "European Union indication"),
            Text(
                "欧盟标准:商业性使用、滥用、模仿或唤起,即使标明真实产地或附有“类”“型”等用语",
                "European law: commercial use, misuse, imitation or evocation, even if the true origin is indicated or "
                "words such as “style” or “type” are added",
            ),
            territory=EU,
            evoked=_REGARDLESS,
        ),
        LegalTest(
            Text("其他法域", "another land"),
            Text("该法域的法律不在案", "no law of that land is on file"),
            territory="",
            evoked=Text("该法域的法律不在案", "no law of that land is on file"),
        ),
    ),
)
