"""Translate a fact-checker's rating into one of our verdicts, where it tells one; none is ever made up.

The words decide where they are well known; a label must be one of them whole, since what is added ("True, but ...") may
say the opposite. Else the number decides where it stands in the lowest or highest quarter of a scale that makes sense.
Everything else ("Satire", the middle of a scale) tells no verdict.

``conflicting_evidence`` has AVeriTeC's meaning, which includes what is true in part, and cherry-picking.
"""

import re
import unicodedata
from dataclasses import dataclass
from math import inf

from claims_api.models.words import Verdict
from claims_api.text import name_key

# Of ClaimReview, where a publisher does not say: schema.org's own defaults.
WORST, BEST = 1.0, 5.0
_QUESTION_MARKS = "?\u00bf\u037e\u055e\u061f\u203d\u2047\u2048\u2049\u2753\u2754\ufe56\uff1f"

_SUPPORTED = """
true | correct | accurate | mostly true | mostly correct | mostly accurate | largely true | verified | confirmed | fact
correct attribution | geppetto checkmark | one pinocchio
verdadero | verdadera | verdad | cierto | correcto | mayormente cierto | mayormente verdadero
verdadeiro | verdadeira | verdade | correto | comprovado | é verdade
vrai | plutôt vrai | c'est vrai | exact
wahr | richtig | stimmt | größtenteils richtig | überwiegend richtig | größtenteils wahr
vero | per lo più vero | waar | juist | grotendeels waar | prawda | doğru | pravda | adevărat | sant | sann | sandt
правда | верно | достоверно | صحيح | حقيقي | सच | सही | benar | fakta
属实 | 真实 | 正确 | 屬實 | 真實 | 正確 | 事実 | 本当 | 사실 | 대체로 사실
"""
_REFUTED = """
false | fake | mostly false | largely false | pants on fire | barely true | incorrect | mostly incorrect | inaccurate
wrong | untrue | not true | hoax | fabricated | debunked | doctored | incorrect attribution | misattributed | fake news
three pinocchios | four pinocchios
falso | falsa | es falso | mayormente falso | bulo | mentira | incorrecto
é falso | fake | é fake | boato | incorreto | não é verdade
faux | fausse | c'est faux | plutôt faux | infox | intox
falsch | frei erfunden | größtenteils falsch | überwiegend falsch | fake | unwahr
bufala | notizia falsa | per lo più falso | onwaar | onjuist | niet waar | vals | grotendeels onwaar
fałsz | nieprawda | yanlış | nepravda | fals | falskt | falsk | usant
ложь | фейк | неправда | неверно | брехня | خطأ | زائف | كاذب | مفبرك | غير صحيح | झूठ | गलत | फर्जी | फ़र्ज़ी
salah | hoaks | tidak benar | 错误 | 虚假 | 谣言 | 不实 | 假 | 假的 | 錯誤 | 虛假 | 謠言 | 不實
誤り | 虚偽 | 偽 | 嘘 | 거짓 | 대체로 거짓
"""
_CONFLICTING = """
half true | mixture | mixed | partly true | partially true | partly correct | partially correct | partly false
partially false | some truth | misleading | missing context | lacks context | needs context | out of context
cherry picking | cherry picks | cherrypicking | conflicting evidence
conflicting evidence/cherrypicking | two pinocchios
engañoso | verdad a medias | media verdad | parcialmente falso | parcialmente cierto | falta contexto
enganoso | parcialmente verdadeiro | sem contexto | distorcido
trompeur | à moitié vrai | partiellement faux | partiellement vrai | hors contexte | manque de contexte
irreführend | teilweise falsch | teils falsch | teilweise richtig | halb wahr | fehlender kontext
fuorviante | parzialmente falso | mezza verità | misleidend | deels waar | gedeeltelijk onwaar
częściowo prawda | częściowo fałsz | kısmen doğru | karma | полуправда | напівправда | مضلل | صحيح جزئيا | زائف جزئيا
भ्रामक | आधा सच | menyesatkan | sebagian benar | sebagian salah
误导 | 部分错误 | 部分真实 | 誤導 | 部分錯誤 | ミスリード | 절반의 사실
"""
_NOT_ENOUGH = """
unproven | not proven | unverified | unverifiable | unsupported | unsubstantiated | unconfirmed | inconclusive
no evidence | not enough evidence | insufficient evidence | lack of evidence | lacks evidence | cannot be verified
sin pruebas | no verificable | inverificable | sem provas | sem evidências
non prouvé | invérifiable | unbelegt | nicht belegt | unbewiesen | non verificabile | onbewezen | niet bewezen
nieweryfikowalne | не доказано | недоказано | غير مؤكد | belum terbukti
未证实 | 证据不足 | 尚无定论 | 未經證實 | 證據不足 | 尚無定論 | 根拠不明
"""


@dataclass(frozen=True)
class Rating:
    """A rating as a fact-checker states it: in words, or as a number on a scale from ``worst`` to ``best``, or both."""

    label: str | None = None
    value: float | None = None
    best: float | None = None
    worst: float | None = None

    def makes_sense(self) -> bool:
        """Tell whether its number stands on a scale that has two ends, the better of which is the higher.

        An end that is not given is schema.org's default: 1 the worst, 5 the best.
        """
        worst, best = self._ends()
        return worst < best and (self.value is None or worst <= self.value <= best)

    def can_be_kept(self) -> bool:
        """Tell whether it contradicts no end of its scale that is given."""
        worst = -inf if self.worst is None else self.worst
        best = inf if self.best is None else self.best
        return worst < best and (self.value is None or worst <= self.value <= best)

    def _ends(self) -> tuple[float, float]:
        return WORST if self.worst is None else self.worst, BEST if self.best is None else self.best

    def share(self) -> float | None:
        """Return how far up its scale its number stands, from 0 to 1; None where that means nothing."""
        if self.value is None or not self.makes_sense():
            return None
        worst, best = self._ends()
        return (self.value - worst) / (best - worst)


def verdict_of(rating: Rating) -> Verdict | None:
    """Return the verdict that a rating comes to, or None where it tells none."""
    known = None if rating.label is None or is_asked(rating.label) else _KNOWN.get(_key(rating.label))
    return known or _by_number(rating.share())


def is_asked(label: str) -> bool:
    """Tell whether a label asks, and so concludes nothing: it holds a question mark, of whatever script."""
    return any(char in label for char in _QUESTION_MARKS)


def _by_number(share: float | None) -> Verdict | None:
    if share is None or 1 / 4 < share < 3 / 4:
        return None
    return Verdict.REFUTED if share <= 1 / 4 else Verdict.SUPPORTED


def _key(label: str) -> str:
    """Return what spellings of a label share: case, hyphens, and whatever is no letter around it."""
    words = re.sub(r"[-_\s]+", " ", name_key(label))
    ends = [at for at, char in enumerate(words) if unicodedata.category(char)[0] in "LMN"]
    return words[ends[0] : ends[-1] + 1] if ends else ""


def _listed(words: str) -> set[str]:
    return {_key(word) for line in words.strip().splitlines() for word in line.split("|")}


_KNOWN = {
    word: verdict
    for verdict, words in (
        (Verdict.SUPPORTED, _SUPPORTED),
        (Verdict.REFUTED, _REFUTED),
        (Verdict.CONFLICTING_EVIDENCE, _CONFLICTING),
        (Verdict.NOT_ENOUGH_EVIDENCE, _NOT_ENOUGH),
    )
    for word in _listed(words)
}
