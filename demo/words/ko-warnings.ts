// The library's warnings of a map in Korean. Each is known by how its English sentence begins, and takes its numbers and names
// from it.

type Fill = (...parts: string[]) => string;

/** Where a preprocessing was guessed from. */
const SOURCES: readonly (readonly [RegExp, Fill])[] = [
  [/^guessed from the (\d+) channels?$/, (n) => `채널 수(${n}개)로 짐작했다`],
  [/^guessed from the (\d+) classes$/, (n) => `클래스 수(${n}개)로 짐작했다`],
  [/^guessed from the order of the axes$/, () => "축의 순서로 짐작했다"],
];

/** Why a map is zero everywhere. */
const ZEROS: readonly (readonly [RegExp, Fill])[] = [
  [
    /^its samples are all alike/,
    () => "샘플이 모두 같아서 분산이 0이다. 노이즈를 더하거나 다른 통계를 고르라.",
  ],
  [/^its samples cancel/, () => "샘플들이 서로 상쇄된다. 절댓값이나 제곱의 평균을 고르라."],
  [
    /^the score of the class is the same/,
    () =>
      "어느 창을 가려도 클래스의 점수가 같다. 더 큰 창이나 다른 기준 이미지, 다른 클래스를 써 보라.",
  ],
  [
    /^nothing in the layer speaks/,
    () =>
      "이 층에는 클래스를 뒷받침하는 것이 없고, 클래스 활성화 맵은 반대하는 것을 버린다. 다른 층이나 그래디언트를 써 보라.",
  ],
  [
    /^the gradient of (.*) is 0 wherever/,
    (nodes) =>
      `${nodes}의 그래디언트는 어디서나 0이고, 이미지에서 클래스로 가는 모든 길이 그곳을 지난다. 가림(occlusion)에는 그래디언트가 필요 없다.`,
  ],
  [
    /^the network's final (\w+) is saturated: it gives (.*) exactly (\d)/,
    (op, label, value) =>
      `네트워크의 마지막 ${op}가 포화해서 ${label}에 정확히 ${value}을 준다. 그것을 떼고 로짓을 설명하라.`,
  ],
  [
    /^the probability of (.*) is (\d) to float32/,
    (label, value) =>
      `${label}의 확률이 float32의 마지막 자리까지 ${value}이어서 그래디언트가 0이 된다. 로짓을 설명하라.`,
  ],
  [
    /^the gradient is 0 at (?:the image|all (\d+) samples)/,
    (n) =>
      `${n ? `샘플 ${n}개 모두에서` : "이미지에서"} 그래디언트가 0이다. 모든 ReLU가 꺼져 있거나 클래스가 이미지와 무관할 수 있다. 노이즈를 늘리거나 다른 전처리, 가림(occlusion)을 써 보라.`,
  ],
];

const WARNINGS: readonly (readonly [RegExp, Fill])[] = [
  [
    /^Preprocessing: (?:(\w+), )?(guessed from [^.]*)\./,
    (name, source) =>
      `전처리: ${name ? `${name}, ` : ""}${found(SOURCES, source!)}. 네트워크를 다른 전처리로 학습시켰다면 그것을 고르라.`,
  ],
  [
    /^The class names are ImageNet's, assumed from the (\d+) classes\./,
    (n) =>
      `클래스가 ${n}개여서 이름이 ImageNet의 것이라고 보았다. 아니라면 이름 파일을 이 페이지에 놓으라.`,
  ],
  [
    /^No class stands out: the most probable of (\d+), (.*), has ([\d.]+ %)\./,
    (n, label, part) =>
      `두드러지는 클래스가 없다. ${n}개 중 가장 확률이 높은 ${label}도 ${part}이다. 그림이 또렷하다면 다른 전처리를 써 보라.`,
  ],
  [/^The map is zero everywhere: (.*)/, (reason) => `맵이 모두 0이다: ${found(ZEROS, reason!)}`],
  [
    /^The map holds values that are not finite/,
    () =>
      "맵에 유한하지 않은 값이 있다. 3.4e38을 넘는 그래디언트는 float32에 담기지 않는다. 네트워크의 마지막 층을 줄이고, 이미지와 가중치가 유한한지 보라.",
  ],
  [
    /^The map's values, squares of gradients, .* largest gradient is about ([\de.-]+)\. /,
    (size) =>
      `그래디언트의 제곱인 맵의 값이 float32에 담기지 않는다 (가장 큰 그래디언트가 약 ${size}). 표준 오차는 옳다. 맵에는 평균이나 절댓값의 평균을 고르라.`,
  ],
  [
    /^The gradient is too small to be measured well: the largest gradient is about ([\de.-]+),/,
    (size) =>
      `그래디언트가 너무 작아 제대로 잴 수 없다 (가장 큰 것이 약 ${size}). 네트워크의 마지막 층을 키우거나 로그 확률을 설명하라.`,
  ],
];

/** The Korean of a warning; what has none stays English. */
export const warningInKorean = (sentence: string): string => found(WARNINGS, sentence);

function found(table: readonly (readonly [RegExp, Fill])[], text: string): string {
  for (const [pattern, fill] of table) {
    const match = pattern.exec(text);
    if (match) return fill(...match.slice(1));
  }
  return text;
}
