"""Words that turn a statement round: negation, planned or done, direction, opposites, scope and superlatives.

All lists are closed classes of the written language, not of any page. `opposed` also derives opposites from paired
characters (流入/流出, 净增/净减), so that the lists need not hold every compound.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from rag.text.wordlist import listed, paired

Mood = Literal["", "planned", "doing", "done"]

NEGATIONS = frozenset(
    listed("""
    不 未 没 没有 无 非 并非 并不 并未 并无 未能 尚未 尚无 尚不 从未 从不 不再 不是 不会 不能 不可 不得 不必 不愿
    不予 不准 不许 不应 不宜 不用 不需 不想 不敢 不含 不在 不属 不属于 不存在 不可能 不包括 没能 没法 无法 无需 无意
    无权 无缘 毫无 毫不 绝不 决不 绝非 难以 拒绝 拒不 否认 禁止 严禁 避免 未曾 不曾 未必 未被 未获 未有 未经 未及 否
    勿 莫 别 免 仍未 还未 还没 还没有 暂未 暂不 暂无 均未 均不 均无 都没 都不 也不 也未 也没 也没有 就不 就没 而不
    而未 而非 而不是 不到 不足 不同意 不支持 不具备 不允许 不低于 不少于 不超过 没人 无人 不利 不利于 不力 不当 停止
    取消 不了 未予 不被 不便 不让 不给 不如 不要 不该 不需要 不具 不见 不见得 不管 不属 不准 不愿意 不打算 不适合
    不适宜 不适用 不符合 不符 排除 缺席 错过 无望 落空
    """)
)
# Words that hold a negative character and deny nothing.
_NOT_NEGATIVE = frozenset(
    listed("""
    不断 不仅 不仅仅 不但 不光 不只 不过 不同 不少 不论 不管 不管是 不禁 不久 不久前 不妨 不乏 不料 不已 不止 不愧
    不由得 不亦乐乎 不一 不等 不锈钢 不得不 不可或缺 不可避免 不断地 不约而同 不遗余力 不动产 不易 不凡 不朽 未来
    未成年 未成年人 未婚 未知 未免 未雨绸缪 无论 无论是 无人机 无人驾驶 无锡 无线 无数 无疑 无偿 无锡市 无障碍 无非
    无限 无奈 无穷 无私 无声 无形 无边 无缝 无菌 无烟 无害 无尽 无比 无愧 无愧于 无与伦比 无微不至 无处不在 无时无刻
    差不多 对不起 了不起 要不 要不是 岂不 无不 莫不 好不 巴不得 说不定 忍不住 免不了 恨不得 少不了 数不清 用不着 可不
    淹没 沉没 埋没 出没 吞没 湮没 覆没 从不同
    无所 非常 非洲 非遗 非物质 非凡 非但 非公 非得 非法 没收 没落 别墅 别人 别的 别具 别致 别样 别开生面 免费 免税
    免疫 免签 免检 免征 免予 否则 是否 能否 可否 与否
    """)
)
_PLANNED = frozenset(
    listed("""
    将 拟 计划 规划 力争 预计 预期 有望 争取 准备 打算 即将 将要 将会 将于 将在 将从 将由 将对 将为 将以 将与 将向
    将把 将被 或将 必将 还将 也将 便将 均将 都将 仍将 正将 就将 会将 拟于 拟在 拟定于 计划于 预计将 料将 可望 望
    可能 或 待 目标 谋划 筹备 筹划 着手 酝酿 设想 希望 愿 愿意 有意 要 应 应当 应该 须 必须 需 需要 会 定于 拟将
    旨在 欲 致力于 期望 寄望 力求 确保 或许 也许 预测 预估 倡议 建议 提议 呼吁 待定 尝试 试图
    """)
)
# Of the planned words, those that only say so together with the verb: 将 and 要 also mean 把 and 如果.
_FIRM_PLANS = _PLANNED - frozenset(
    listed("""
    或 待 目标 会 要 应 应当 应该 须 必须 需 需要 愿 希望 确保 着手 致力于 旨在 望 愿意 可能 建议 呼吁 倡议 规划
    """)
)
_DOING = frozenset(
    listed("""
    正在 正 正式 处于 在建 正加紧 正抓紧 正加快 正值 持续 着
    """)
) - frozenset(("正式", "持续", "正值", "处于", "着"))
_DONE = frozenset(
    listed("""
    已 已经 已于 已在 已将 已被 已由 业已 均已 现已 早已 都已 也已 就已 便已 刚刚 刚 曾 曾经 完成 建成 顺利 成功
    实现 已有 已成 已达 已获 已对 已向 已为 已完成 已建成 了 过
    """)
)
_FIRM_DONE = frozenset(
    listed("""
    已 已经 已于 已在 已将 已被 已由 业已 均已 现已 早已 都已 也已 就已 便已 曾 曾经 已有 已成 已达 已获 已对 已向
    已为 已完成 已建成 完成 建成
    """)
)

_UP = frozenset(
    listed("""
    上升 升 升至 升到 升高 上涨 涨 涨至 上调 调高 调升 提高 提升 增长 增 增加 增至 增多 增高 增速 增强 增大 扩大
    扩张 扩展 扩充 走高 攀升 飙升 回升 反弹 上扬 加大 加快 加速 提速 加强 加深 好转 改善 回暖 升温 走强 升值 盈利
    净增 新增 猛增 激增 大增 大涨 高涨 突增 递增 同比增长 环比增长 暴涨 翻倍 变好 增添 增收 增产 上行 上浮 顺差 攀高
    升级 走阔 跃升 增幅 涨幅 升幅
    """)
)
_DOWN = frozenset(
    listed("""
    下降 降 降至 降到 降低 下跌 跌 跌至 下调 调低 调降 减少 减 减至 减小 减弱 减缓 缩小 缩减 缩短 收缩 萎缩 走低
    下滑 下挫 回落 滑落 锐减 大减 大跌 大降 骤降 递减 放缓 放慢 减慢 减速 恶化 降温 走弱 贬值 亏损 净减 削减 压减
    压缩 裁减 同比下降 环比下降 暴跌 腰斩 变差 减产 减收 下行 下浮 逆差 削弱 弱化 减退 衰退 衰减 跌落 降级 收窄 缩水
    探底 降幅 跌幅 减幅
    """)
)
_PAIRS = paired("""
    支持/反对 赞成/反对 同意/反对 同意/拒绝 批准/否决 批准/驳回 批准/拒绝 接受/拒绝 通过/否决 允许/禁止 准许/禁止
    鼓励/限制 鼓励/禁止 开放/关闭 开启/关闭 开业/停业 启动/停止 启动/终止 开始/结束 恢复/暂停 恢复/中断 继续/停止
    完工/停工 进驻/撤出 进驻/退出 进入/撤出 入驻/撤离 举行/取消 举办/取消
    开工/停工 开工/竣工 复工/停工 营业/停业 开幕/闭幕 进口/出口 买入/卖出 购买/出售 收购/出售 收入/支出 流入/流出
    迁入/迁出 盈利/亏损 利好/利空 乐观/悲观 积极/消极 成功/失败 胜利/失败 获胜/失利 战胜/负于 击败/负于 击败/不敌
    战胜/不敌 领先/落后 高于/低于 超过/低于 多于/少于 大于/小于 优于/劣于 早于/晚于 提前/推迟 提前/延后 提早/推迟
    率先/最后 首次/再次 首个/末个 最高/最低 最大/最小 最多/最少 最快/最慢 最长/最短 最早/最晚 最好/最差
    第一/倒数第一 以上/以下 以内/以外 之前/之后 以前/以后 前/后 上午/下午 早上/晚上 白天/夜间 凌晨/深夜 国内/国外
    境内/境外 省内/省外 室内/室外 城镇/农村 城市/农村 男/女 男性/女性 男子/女子 父亲/母亲 丈夫/妻子 儿子/女儿
    合法/非法 合格/不合格 公开/秘密 正面/负面 正常/异常 安全/危险 有利/不利 有效/无效 肯定/否定 承认/否认 确认/否认
    加入/退出 加盟/退出 当选/落选 上任/卸任 任命/免去 任命/罢免 就职/离职 上市/退市 晋级/出局 晋级/淘汰 逮捕/释放
    处罚/奖励 表扬/批评 增值/贬值 存款/贷款 放松/收紧 宽松/紧缩 收紧/放宽 严格/宽松 紧张/缓和 升级/降级 优化/恶化
    促进/阻碍 促进/抑制 推动/阻碍 推进/阻碍 加强/削弱 加大/减小 扩大/缩小 丰富/贫乏 先进/落后 领先/垫底 顺利/受阻
    得到/失去 获得/失去 赢得/输掉 增强/减弱 团结/分裂 合作/对抗 和平/战争 东部/西部 南部/北部 东南/西北 东北/西南
    线上/线下 全部/部分 所有/部分 多数/少数 大部分/小部分 长期/短期 临时/长期 永久/临时 直接/间接 主动/被动
    自愿/强制 免费/收费 有偿/无偿 公办/民办 国有/民营 公立/私立 有/无 有/没有 有/未 能/不能 可以/不可 可以/不得
    是/不是 是/非 须/不得 延长/缩短 缓解/加剧 减轻/加重 遏制/助长 平息/激化 改善/恶化 解除/实施 打开/关闭 开通/关闭
    缴纳/免缴 领取/缴纳 借入/借出 捐赠/收受 卖方/买方 原告/被告 甲方/乙方 上游/下游 利润/亏损 盈余/赤字 顺差/逆差
    涨停/跌停 高峰/低谷 旺季/淡季 优势/劣势 优点/缺点 强/弱 快/慢 大/小 高/低 多/少 长/短 新/旧 早/晚 左/右 东/西
    南/北 内/外 上/下 加息/降息 扩产/减产 涨价/降价 提价/降价 增员/裁员 招聘/裁员 转好/恶化 提速/降速 启动/暂停
    恢复/中止 支持/抵制 欢迎/谴责 赞扬/批评 肯定/质疑 胜/负 胜/败 击败/输给 夺冠/落败 任命/免职 签署/废除 生效/失效
    开放/封闭 解封/封锁 合法/违法 有罪/无罪 生还/遇难 幸存/遇难 获救/失踪 获救/遇难 富裕/贫困 会/不会 必须/无须
    冠军/亚军 冠军/季军 亚军/季军 金牌/银牌 金牌/铜牌 银牌/铜牌 达标/超标 超额/不足 增长/负增长 扭亏/转亏 缓和/升级
    缓解/恶化 平稳/波动 复苏/衰退 繁荣/萧条 宽裕/紧缺 充足/不足 充足/短缺 过剩/短缺 过剩/不足 遵守/违反 履行/违反
    服从/违抗 信任/怀疑 满意/不满 喜欢/讨厌 团聚/分离 结婚/离婚 出生/死亡 上车/下车 上岗/下岗 就业/失业 入学/毕业
    住院/出院 入院/出院 确诊/治愈 感染/康复 盈/亏 独立/依赖 全资/参股 首位/末位 居首/垫底 上榜/落榜 录取/落榜
    通车/停运 复航/停航 发射/坠落 起飞/降落 登陆/撤离 进攻/撤退 进攻/防守 占领/撤出 主场/客场 主队/客队 轻伤/重伤
    轻微/严重 初级/高级 小型/大型 小幅/大幅 略有/大幅 略微/大幅 完全/部分 明确/模糊 清楚/模糊 一致/分歧 正确/错误
    真实/虚假 属实/不实 原创/抄袭 自主/进口 国产/进口
    """)
_OPPOSITE: dict[str, set[str]] = {}
for _one, _other in _PAIRS:
    _OPPOSITE.setdefault(_one, set()).add(_other)
    _OPPOSITE.setdefault(_other, set()).add(_one)
_CHARACTERS: dict[str, str] = {}
for _one, _other in paired("""
    升/降 涨/跌 增/减 入/出 高/低 多/少 大/小 上/下 前/后 内/外 南/北 东/西 左/右 新/旧 男/女 早/晚 开/关 进/退
    买/卖 强/弱 快/慢 长/短 盈/亏 胜/负 生/死 城/乡 正/副 主/副 进/出 宽/窄 扩/缩 松/紧 首/末 好/坏 优/劣 轻/重
    始/终 存/取 借/还 赢/输 胜/败
    """):
    _CHARACTERS[_one] = _other
    _CHARACTERS[_other] = _one
SCOPES = frozenset(
    listed("""
    全国 全省 全市 全县 全区 全球 世界 全世界 全镇 全村 全州 全港 全球性 国内 省内 市内 亚洲 国际 全校 全院 全行业
    行业
    """)
)
SUPERLATIVES = frozenset(
    listed("""
    首次 首个 首家 首例 首批 首届 首位 首座 首条 首创 首款 首台 首任 首部 第一 唯一 最 最大 最高 最多 最早 最快 最好
    最长 最强 最佳 最低 最小 最少 最重要 最新 最先 史上 独家 率先 领先 第一次 历史性 历来 独一无二 空前 前所未有
    新高 榜首 冠军
    """)
)


def is_negation(word: str) -> bool:
    """Return True for a word that denies (不, 未能, 尚未); False for 不断, 未来, 非常."""
    if word in _NOT_NEGATIVE:
        return False
    return word in NEGATIONS or (len(word) in {2, 3} and (word[0] in "不未没" or word[1] in "不未没"))


def mood(word: str) -> Mood:
    """Return whether `word` marks its statement as planned, under way or done; empty when it marks nothing."""
    if word in _PLANNED:
        return "planned"
    if word in _DOING:
        return "doing"
    return "done" if word in _DONE else ""


def firm(word: str) -> bool:
    """Return True when leaving the word out, or putting it in, changes whether the thing has happened."""
    return word in _FIRM_PLANS or word in _DOING


def firmly_done(word: str) -> bool:
    """Return True for the words that state a thing done (已, 曾), not for those that may also plan it (完成)."""
    return word in _FIRM_DONE and word not in {"完成", "建成"}


def direction(word: str) -> int:
    """Return 1 for rising words, -1 for falling words, 0 for others."""
    return 1 if word in _UP else -1 if word in _DOWN else 0


@lru_cache(maxsize=8192)
def opposed(one: str, other: str) -> bool:
    """Return True when the two words say opposite things."""
    if one == other:
        return False
    if direction(one) * direction(other) < 0:
        return True
    if other in _OPPOSITE.get(one, ()):
        return True
    if len(one) > 2 and len(other) > 2 and one[-1] == other[-1] and opposed(one[:-1], other[:-1]):
        return True  # 支持者, 反对者
    if len(one) != len(other):
        return False
    differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return len(differing) == 1 and _CHARACTERS.get(differing[0][0]) == differing[0][1]
