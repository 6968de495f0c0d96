// The words of train.html in English and Korean. What is fixed stands under `page`, by the keys of [data-says] and
// [data-label].

import { percent } from "../words/numbers.js";
import type { Point } from "./messages.js";

const en = {
  page: {
    title: "SmoothGrad: adding noise during training",
    heading: "Adding noise during training",
    lead: "A network that has learned from noisy images has a gradient with less noise. It adds to what SmoothGrad does when the network is asked. Here both can be watched while a network learns to read digits.",
    corner: "This page",
    back: "Back to the maps",
    language: "Language",
    data: "Data",
    fetch: "Download MNIST, 12 MB",
    files: "Files of your own",
    filesHint: "choose MNIST’s four, packed or not",
    published: "They are published at",
    stays: "What is downloaded is checked and kept by the browser. Nothing is sent away.",
    training: "Training",
    noise: "Noise on the inputs",
    again: "Begin again",
    save: "Save the network",
    curves: "Curves",
    loss: "Loss",
    accuracy: "Right, in percent",
    maps: "Maps",
    digits: "Digit",
    digit: "Digit",
    gradient: "Gradient",
    smooth: "SmoothGrad",
    digitPicture: "The digit",
    gradientPicture: "Its gradient",
    smoothPicture: "Its SmoothGrad map",
  },
  says: {
    begin: "Download the files or choose them to begin.",
    start: "Start",
    pause: "Pause",
    reading: "Reading the files …",
    downloading: (part: number) => `Downloading: ${percent(part)}`,
    notFetched: (reason: string) => `MNIST could not be downloaded: ${reason}.`,
    otherBytes: "its bytes are not those that were published",
    ready: (images: number, tested: number) =>
      `${images} images to learn from, ${tested} for the test.`,
    progress: ({ step, loss, accuracy, imagesPerSecond }: Point, steps: number, epoch: number) =>
      `Epoch ${epoch + 1}, step ${step} of ${steps}: loss ${loss.toFixed(3)}, ` +
      `${(100 * accuracy).toFixed(1)}\u00a0% right, ${imagesPerSecond.toFixed(0)} images a second.`,
    done: (accuracy: number) =>
      `Done: ${(100 * accuracy).toFixed(2)}\u00a0% of the test images are right.`,
    anew: "From the beginning.",
    verdict: (label: number, said: string, probability: number) =>
      `It is a ${label}; the network says ${said}, ${(100 * probability).toFixed(1)}\u00a0%.`,
    digit: (digit: number) => `Digit ${digit}`,
    step: "step",
  },
};

/** The words of one language. */
export type TrainingWords = typeof en;

const ko: TrainingWords = {
  page: {
    title: "SmoothGrad: 학습할 때 더하는 노이즈",
    heading: "학습할 때 더하는 노이즈",
    lead: "노이즈가 섞인 이미지로 배운 네트워크는 그래디언트의 노이즈도 적다. 그 효과는 나중에 SmoothGrad가 줄이는 노이즈에 더해진다. 여기서는 네트워크가 숫자를 읽는 법을 배우는 동안 두 효과를 함께 지켜볼 수 있다.",
    corner: "이 페이지",
    back: "맵으로 돌아가기",
    language: "언어",
    data: "데이터",
    fetch: "MNIST 내려받기, 12 MB",
    files: "내 파일",
    filesHint: "MNIST의 네 파일 고르기, 압축된 그대로도 된다",
    published: "공개된 곳:",
    stays: "내려받은 파일은 검사를 거쳐 브라우저에 보관된다. 밖으로 보내는 것은 없다.",
    training: "학습",
    noise: "입력에 더하는 노이즈",
    again: "처음부터",
    save: "네트워크 저장",
    curves: "곡선",
    loss: "손실",
    accuracy: "정답률, 퍼센트",
    maps: "맵",
    digits: "숫자 고르기",
    digit: "숫자",
    gradient: "그래디언트",
    smooth: "SmoothGrad 맵",
    digitPicture: "숫자 이미지",
    gradientPicture: "그 그래디언트",
    smoothPicture: "그 SmoothGrad 맵",
  },
  says: {
    begin: "파일을 내려받거나 골라서 시작하세요.",
    start: "시작",
    pause: "멈춤",
    reading: "파일을 읽는 중 …",
    downloading: (part) => `내려받는 중: ${percent(part)}`,
    notFetched: (reason) => `MNIST를 내려받지 못했다: ${reason}.`,
    otherBytes: "공개된 파일과 내용이 다르다",
    ready: (images, tested) => `학습할 이미지 ${images}장, 시험할 이미지 ${tested}장.`,
    progress: ({ step, loss, accuracy, imagesPerSecond }, steps, epoch) =>
      `에폭 ${epoch + 1}, ${steps}단계 중 ${step}단계: 손실 ${loss.toFixed(3)}, ` +
      `정답 ${(100 * accuracy).toFixed(1)}\u00a0%, 초당 ${imagesPerSecond.toFixed(0)}장.`,
    done: (accuracy) => `끝: 시험 이미지의 ${(100 * accuracy).toFixed(2)}\u00a0%를 맞혔다.`,
    anew: "처음부터 다시 시작한다.",
    verdict: (label, said, probability) =>
      `정답은 ${label}, 네트워크의 답은 ${said}, ${(100 * probability).toFixed(1)}\u00a0%.`,
    digit: (digit) => `숫자 ${digit}`,
    step: "단계",
  },
};

/** The languages of the page. */
export const languages: Readonly<Record<string, TrainingWords>> = { en, ko };
