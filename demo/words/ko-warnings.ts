// The library's warnings of a map in Korean. Each is known by how its English sentence begins, and takes its numbers and names
// from it.

type Fill = (...parts: string[]) => string;

/** Where a preprocessing was guessed from. */
const SOURCES: readonly (readonly [RegExp, Fill])[] = [
  [/^guessed from the (\d+) channels?$/, (n) => `채널 수(${n}개)로 짐작했다`],
  [/^guessed from the (\d+) classes$/, (n) => `클래스 수(${n}개)로 짐작했다`],
  [/^guessed from the order of the axes$/, () => "축의 순서로 짐작했다"],
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
