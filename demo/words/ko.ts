// The page's words in Korean. What the library itself says, as of a file that it refuses, stays English, but for its
// warnings of a map.

import type { Words } from "./en.js";
import { warningInKorean } from "./ko-warnings.js";
import { percent, sigmaOf, withPercentages } from "./numbers.js";

export const ko: Words = {
  page: {
    title: "SmoothGrad: 분류기는 무엇을 보는가",
    lead: "어떤 픽셀이 그 클래스를 말해 주는가? 분류기 점수의 그래디언트가 답하지만, 그 답에는 잡음이 많다. 이미지에 노이즈를 여러 번 더하고 그래디언트를 평균하면 답이 또렷해진다.",
    corner: "이 페이지",
    train: "직접 학습시키기",
    language: "언어",
    pictures: "그림",
    dismiss: "닫기",
    clear: "지우기",
    views: "두 번째 그림에 보일 것",
    viewPhoto: "이미지",
    viewMap: "맵",
    viewOverlay: "겹쳐 보기",
    unzoom: "전체 보기",
    map: "민감도 맵. 화살표 키로 옮기고, 더하기와 빼기로 확대·축소하며, 0을 누르면 전체가 보인다",
    digits: "페이지가 숫자를 그리게 하기",
    progress: "계산한 샘플",
    suggestions: "다른 전처리로 네트워크가 보는 것",
    software:
      "이 브라우저는 GPU를 쓸 수 없어 프로세서가 모두 계산한다. 큰 네트워크는 샘플 하나에 몇 초가 걸릴 수 있다.",
    settings: "설정",
    image: "이미지",
    draw: "그리기",
    photo: "사진 …",
    camera: "카메라",
    shelf: "이 컴퓨터에서",
    pick: "고르기 …",
    classifier: "분류기",
    download: "내려받은 양",
    ownModel: "내 파일과 전처리",
    modelFile: "ONNX 파일",
    modelFileHint: "고르거나 끌어다 놓기",
    labels: "클래스 이름 또는 모델 카드",
    preprocess: "전처리",
    guessedChoice: "짐작대로",
    usual: "보통대로",
    scale: "배율",
    mean: "평균",
    std: "표준편차",
    order: "색 순서",
    cut: "자르기",
    middle: "가운데",
    stretch: "전체를 늘려서",
    shortSide: "짧은 변, 픽셀",
    class: "설명할 클래스",
    unchoose: "예측을 따라가기",
    against: "견줄 클래스",
    nothing: "없음",
    comparison: "견주는 법",
    versus: "점수의 차이",
    contrast: "두 맵, 빨강과 파랑",
    of: "점수",
    logit: "로짓",
    probability: "확률",
    logProbability: "로그 확률",
    method: "방법",
    layer: "층",
    lastConvolution: "마지막 합성곱",
    baseline: "기준 이미지",
    zero: "0",
    black: "검정",
    white: "하양",
    meanColor: "평균색",
    blurred: "흐린 이미지",
    uniformNoise: "노이즈",
    steps: "단계 수",
    quadrature: "구적법",
    trapezoid: "사다리꼴",
    riemann: "리만",
    randomPlaces: "무작위 위치",
    maxSigma: "가장 센 흐림, 픽셀",
    window: "창, 픽셀",
    stride: "간격, 픽셀",
    samplesTitle: "노이즈",
    noise: "세기",
    samples: "샘플 수",
    until: "목표 오차",
    allSamples: "상관없음",
    seed: "시드",
    reseed: "다른 시드",
    moreNoise: "노이즈 더 보기",
    noiseScale: "무엇의 비율",
    scaleRange: "입력의 범위",
    scaleRgb: "색의 범위",
    scaleAbsolute: "없음: σ 그대로",
    scaleAdaptive: "범위에 남을 확률 (AdaptGrad)",
    antithetic: "부호가 반대인 노이즈 쌍",
    weightNoise: "가중치에",
    weightSamples: "가중치 추출 횟수",
    percentile: "백분위수",
    opacity: "불투명도",
    palette: "색상표",
    automatic: "자동",
    grayscale: "회색조",
    diverging: "파랑, 회색, 빨강",
    reduce: "채널 합치기",
    reduceAbs: "|a|의 합",
    reduceSigned: "합, 부호 있음",
    reducePositive: "양의 부분",
    reduceNegative: "음의 부분",
    reduceMax: "가장 큰 |a|",
    reduceL2: "길이",
    reduceAbsSum: "|합|",
    reduceMean: "평균, 부호 있음",
    estimator: "통계량",
    estimateMean: "평균 (논문)",
    estimateSquared: "제곱의 평균",
    estimateAbsolute: "|g|의 평균",
    estimateVariance: "분산",
    multiplyInput: "입력 곱하기",
    save: "저장과 공유",
    saveMap: "맵",
    saveOverlay: "겹친 그림",
    savePair: "둘 다, 설명과 함께",
    share: "링크 복사",
    figures: "논문의 그림, 살아 움직이는",
    figureProgress: "그림에서 계산된 부분",
    sharedScale: "같은 양은 같은 눈금으로",
    ideaScore: "클래스의 점수",
    ideaGradient: "그 그래디언트",
    ideaPlace: "살펴볼 위치",
    computedTitle: "무엇을 계산하는가",
    computed:
      "입력 x에 대한 클래스의 점수(로짓)를 S라 하자. 그래디언트 ∂S/∂x는 픽셀마다 점수가 얼마나 달라질지 말해 준다. 이것을 표준편차가 σ인 가우스 노이즈를 저마다 더한 입력의 사본 n개에서 평균한다. σ는 입력 범위에 대한 비율로 준다.",
    chosen:
      "논문에 따르면 사진에는 10~20\u00a0% 노이즈가 가장 좋고, 샘플이 50개를 넘으면 거의 달라지지 않는다. 고른 백분위수를 넘는 값은 모두 같은 색으로 칠한다. 그러지 않으면 극단적인 픽셀 몇 개 때문에 나머지가 어두워진다.",
    doubtTitle: "무엇을 말해 주지 않는가",
    doubt:
      "또렷한 맵이 증명은 아니다. 맵이 가리킨 픽셀을 빼고 네트워크를 다시 학습시켰을 때, 보통의 SmoothGrad는 그냥 그래디언트보다 낫지 않았고 제곱형과 분산형은 나았다 (Hooker et al. 2019). 또 사진의 윤곽이 비쳐서 맵이 물체를 닮을 수 있다 (Adebayo et al. 2018). 입력을 곱하면 특히 그렇다.",
    whereTitle: "어디서 계산하는가",
    where:
      "당신의 GPU에서. 이미지와 모델은 이 페이지만 읽으며 밖으로 나가지 않는다. .onnx 이미지 분류기는 이를테면 ONNX Model Zoo에서 찾거나 PyTorch에서 내보낼 수 있다.",
  },

  groups: {
    gradients: "그래디언트",
    paths: "경로를 따라",
    gates: "ReLU를 달리 지나기",
    layers: "한 층에서",
    differences: "차이로",
    relevance: "층별 관련성 전파 (LRP)",
  },

  methods: {
    gradient: "그래디언트",
    smoothdiff: "SmoothDiff",
    "input-x-gradient": "입력 × 그래디언트",
    "integrated-gradients": "적분 그래디언트",
    "expected-gradients": "기대 그래디언트",
    "blur-ig": "흐림 적분 그래디언트 (Blur IG)",
    "guided-backprop": "유도 역전파",
    deconvnet: "Deconvnet",
    "grad-cam": "Grad-CAM",
    "guided-grad-cam": "유도 Grad-CAM",
    hirescam: "HiResCAM",
    layercam: "LayerCAM",
    deeplift: "DeepLift",
    occlusion: "가리기",
    lrp: "LRP-ε",
    "lrp-gamma": "LRP-γ",
    "lrp-alpha-beta": "LRP-αβ",
    "lrp-z-plus": "LRP-z⁺",
    "lrp-w-square": "LRP-w²",
    "lrp-flat": "LRP, 첫 층 고르게",
    "lrp-z-box": "LRP, 첫 층 z-box",
    "lrp-epsilon-plus": "LRP ε, z⁺",
    "lrp-epsilon-plus-flat": "LRP ε, z⁺, 첫 층 고르게",
    "lrp-epsilon-gamma-box": "LRP ε, γ, z-box",
    "lrp-epsilon-alpha2-beta1": "LRP ε, α2β1",
    "attn-lrp": "AttnLRP",
  },

  about: {
    gradient:
      "픽셀마다 점수가 얼마나 달라질지 보인다. Adebayo 등의 건전성 검사를 통과하지만 그대로는 잡음처럼 보이고, 점수를 포화시킨 픽셀에는 값이 없다.",
    smoothdiff:
      "노이즈를 더한 모든 샘플의 게이트를 평균하고 그 평균을 지나는 그래디언트 하나를 구한다. 층들의 게이트가 서로 독립이라고 보므로 극한이 SmoothGrad와 꼭 같지는 않다.",
    "input-x-gradient":
      "그래디언트에 픽셀 값을 곱한 것으로, 점수의 일차 몫이다. 검은 픽셀은 무엇을 뜻하든 0이 되고 이미지 자체가 비친다.",
    "integrated-gradients":
      "기준 이미지에서 이 이미지로 가는 길의 평균 그래디언트에 그 차이를 곱한다. 몫을 더하면 점수의 증가와 같다. 무엇을 ‘없음’으로 볼지는 기준이 정하고, 이미지의 윤곽이 맵에 비친다 (Adebayo et al. 2018).",
    "expected-gradients":
      "샘플마다 기준과 위치를 무작위로 고른 적분 그래디언트. 기준 하나를 두고 다툴 일은 없지만 안정되기까지 샘플이 더 든다.",
    "blur-ig":
      "흐린 이미지에서 선명한 이미지로 가는 길의 적분 그래디언트. 기준 색이 필요 없지만, 특징이 중요한지보다 어느 크기에서 나타나는지를 말해 준다.",
    "guided-backprop":
      "모든 ReLU가 양의 부분만 되돌려 보내는 그래디언트. 또렷하지만 네트워크의 위층을 무작위로 바꾸어도 거의 그대로여서 (Adebayo et al. 2018) 윤곽 검출기에 가깝다.",
    deconvnet:
      "유도 역전파와 같되 ReLU가 열려 있었는지는 따지지 않는다. 클래스를 설명하기보다 이미지를 일부 복원한다 (Nie et al. 2018).",
    "grad-cam":
      "뒤쪽 층의 채널을 평균 그래디언트로 가중해 키운 것. 클래스에 따라 다르고 건전성 검사에도 강하지만 거칠고, 평균 때문에 그 층의 그래디언트와 다른 곳을 가리킬 수 있다 (Draelos & Carin 2020).",
    "guided-grad-cam":
      "Grad-CAM이 가리키는 곳 안의 유도 역전파. 가는 선은 여전히 윤곽 검출기의 것이라 건전성 검사를 통과하지 못한다.",
    hirescam:
      "Grad-CAM과 같되 자리마다 가중한다. 끝에 밀집층이 하나인 네트워크에서는 실제로 쓰인 것을 보인다. 해상도는 그 층만큼 거칠다.",
    layercam:
      "HiResCAM과 같되 음의 그래디언트는 버린다. 그래서 더 앞쪽의 촘촘한 층도 볼 만하지만, 그 클래스에 반하는 근거는 보이지 않는다.",
    deeplift:
      "기울기 대신 차이의 비로, 기준에 견주어 픽셀마다 점수에 더한 몫을 구한다. 포화한 함수에서도 길을 잃지 않지만 기준은 선택이고, 곱의 몫은 관례대로 나눈다.",
    occlusion:
      "이미지의 창 하나를 가렸을 때 점수가 얼마나 떨어지는지 본다. 믿기 쉽지만 느리다. 가린 이미지는 네트워크가 본 적 없는 것이고, 창의 크기와 색에 따라 맵이 달라진다.",
    lrp: "점수를 층마다 거꾸로, 입력이 이바지한 만큼 나눈다. 다른 규칙이 없는 ReLU 네트워크에서는 입력 × 그래디언트와 같고 그 약점도 같다.",
    "lrp-gamma": "출력에 찬성하는 것을 더 쳐주는 LRP. 맵이 깨끗해지는 대신 반대 증거가 줄어든다.",
    "lrp-alpha-beta":
      "양과 음의 몫을 따로 나누는 LRP. β = 0이면 어느 클래스든 같은 맵으로 수렴한다 (Sixt et al. 2020).",
    "lrp-z-plus":
      "양의 몫만 쓰는 LRP로, 심층 테일러 분해에서 나온다. 맵이 클래스나 위층에 거의 달려 있지 않다 (Sixt et al. 2020).",
    "lrp-w-square":
      "첫 층에서 픽셀이 아니라 가중치의 제곱으로 나누는 LRP-ε. 검은 곳도 찾아내지만 첫 필터 크기만큼 흐려진다.",
    "lrp-flat": "첫 층에서 고르게 나누는 LRP-ε. 무엇이 아니라 어디인지를 첫 층의 해상도로 보인다.",
    "lrp-z-box":
      "첫 층이 가장 어두운 이미지와 가장 밝은 이미지를 아는 LRP-ε. 픽셀을 위해 유도된 규칙이며, 상자가 전처리와 맞아야 한다.",
    "lrp-epsilon-plus":
      "합성곱은 양의 몫으로, 밀집층은 ε으로 나누는 흔한 조합. 클래스에 따른 차이는 밀집층에서만 나온다.",
    "lrp-epsilon-plus-flat": "같은 조합에서 첫 층을 고르게 나눈 것. 더 매끄럽고 더 거칠다.",
    "lrp-epsilon-gamma-box":
      "합성곱은 γ, 밀집층은 ε, 첫 층은 검정과 하양 사이. 규칙을 층마다 눈과 벤치마크로 골랐다.",
    "lrp-epsilon-alpha2-beta1":
      "합성곱은 α = 2, β = 1, 밀집층은 ε. 반대 증거도 보이지만 양의 부분을 두 배로 하는 것은 관례일 뿐이다.",
    "attn-lrp":
      "트랜스포머를 위한 규칙: 곱은 반씩 나누고 LayerNorm의 표준편차는 상수로 본다. 저자들의 시험에서는 충실했고, ReLU만 있는 망에서는 입력 × 그래디언트와 같다.",
  },

  models: {
    clean: "숫자 (MNIST)",
    noise: "숫자, 노이즈로 학습",
    file: "내 파일 …",
    shipped: "이 페이지에 든 것",
    public: "ImageNet, 내려받기",
  },

  statistics: {
    mean: "평균",
    squared: "제곱의 평균",
    absolute: "절댓값의 평균",
    variance: "분산",
  },

  figures: {
    idea: {
      tab: "발상",
      caption:
        "입력이 하나인 장난감 분류기로, 이 페이지에서 계산한다. 점수는 매끄러워 보이지만 모든 ReLU 네트워크처럼 작은 직선 조각들로 되어 있어, 그래디언트는 조각마다 뛴다. 점 하나하나는 노이즈를 더한 사본의 그래디언트이고, 그 평균이 SmoothGrad다. 노이즈와 샘플 수를 움직여 보라.",
    },
    pixel: {
      tab: "픽셀 하나",
      caption:
        "그림 2: 이미지가 노이즈를 더한 사본 x + tε로 옮겨 가는 동안 한 픽셀의 그래디언트 (이미지에서 픽셀을 눌러 고른다). 노이즈는 지금의 세기이고, 논문은 눈에 띄지 않는 1\u00a0%를 쓴다. 200곳에서, 각 그래디언트의 가장 큰 값으로 나누었다. 맵 하나를 믿을 수 있다면 거의 평평해야 한다.",
    },
    noise: {
      tab: "노이즈",
      caption:
        "그림 3: 같은 샘플, 다른 노이즈 세기. 너무 적으면 얼룩이 남고 너무 많으면 이미지가 지워진다. 논문은 10~20\u00a0%에서 멈춘다.",
    },
    samples: {
      tab: "샘플 수",
      caption:
        "그림 4: 샘플 n개 뒤의 평균. 모두 한 번의 실행에서 나왔다. 오차는 √n에 따라 줄어 처음에 가장 많이 얻는다.",
    },
    methods: {
      tab: "방법들",
      caption:
        "그림 5와 7: 방법 그대로와, 같은 노이즈로 매끄럽게 한 것. SmoothGrad는 어느 방법에든 두를 수 있다.",
    },
    classes: {
      tab: "두 클래스",
      caption:
        "그림 6: 처음 두 클래스의 맵을 저마다 0에서 1로 맞춘 뒤 뺐다. 빨강은 첫째 클래스, 파랑은 둘째 클래스를, 회색은 둘 다 아니거나 둘 다를 말한다.",
    },
    training: {
      tab: "학습 노이즈",
      caption:
        "그림 8, 이 페이지에 든 두 숫자 네트워크로: 학습할 때의 노이즈 (뒤의 둘)와 설명할 때의 노이즈 (둘째와 넷째). 효과는 더해진다. 노이즈로 학습하면 그래디언트 자체가 차분해진다.",
    },
    cap: {
      tab: "자르기",
      caption:
        "몇몇 픽셀의 그래디언트는 나머지보다 훨씬 크다. 최댓값까지 칠하면 나머지가 어두워지고, 백분위수에서 자르면 구조가 보인다.",
    },
    sign: {
      tab: "부호",
      caption:
        "부호는 그 색이 더해지면 점수가 오를지를 말한다. 사진에서는 배경에 달려 있어 논문이 버리지만, 검은 바탕에 흰 숫자에서는 뜻이 있다.",
    },
    input: {
      tab: "× 이미지",
      caption:
        "그래디언트에 이미지를 곱하면 더 또렷해 보이는데, 이미지가 보이기 때문이다. 검은 픽셀은 네트워크가 어떻게 쓰든 사라진다. 숫자에서는 증거의 절반이 검은 곳에 있다.",
    },
  },

  panel: {
    noise: (percent) => `노이즈 ${percent}`,
    samples: (n) => `샘플 ${n}개`,
    plain: "그대로",
    smoothed: "매끄럽게",
    clean: "노이즈 없이 학습",
    noisy: "노이즈로 학습",
    gradient: "그래디언트",
    digit:
      "두 네트워크는 숫자만 읽고 사진은 읽지 못하므로, 여기서는 마지막에 그린 숫자를 설명한다.",
    uncapped: "최댓값까지",
    capped: (p) => `${p}\u00a0%에서 자름`,
    absolute: "절댓값",
    signed: "부호 있음",
    positive: "양의 부분",
    plainInput: "맵",
    timesInput: "맵 × 이미지",
    place: (place, count) => `${count}개 중 ${place}번째`,
    part: "가장 큰 그래디언트에 대한 비율",
    channels: ["빨강", "초록", "파랑"],
    gray: "회색",
  },

  says: {
    digitTitle: "여기에 그려 보세요",
    photoTitle: "네트워크가 보는 것",
    drawn: "이 페이지에서 그림",
    digit: (digit) => `${digit} 그리기`,
    classNumber: (index) => `클래스 ${index}`,
    modelLine: (channels, height, width, classes) =>
      `입력 ${width} × ${height} × ${channels}, 출력 ${classes}개 클래스`,
    names: (count) => `이름 ${count}개`,
    sampleLine: (samples, wanted) => `샘플 ${wanted}개 중 ${samples}개`,
    errorLine: (error, of) => `, 표준오차는 ${of ?? "맵"}의 ${error}`,
    stop: "멈추기",
    again: "다시 시작",
    caption: ({ statistic, method, samples, noise, sigma, seed, weights }) => {
      const what = method ?? "그래디언트";
      const onWeights = weights ? `, 가중치에 ${percent(weights)}` : "";
      return `노이즈를 더한 사본 ${samples}개의 ${what} ${statistic}, ${sigmaOf(noise, sigma, "(입력 범위 대비)")}${onWeights}, 시드 ${seed}`;
    },
    mapOf: (label) => `${label}의 민감도 맵`,
    probe: (x, y, value, gradient) => `픽셀 ${x}, ${y}: ${value}; 그래디언트 ${gradient}`,
    idea: (gradient, mean) => `이곳의 그래디언트는 ${gradient}, SmoothGrad는 ${mean}.`,
    guessed: {
      card: "모델 카드대로:",
      metadata: "파일에 적힌 대로:",
      graph: "네트워크의 첫 단계가 정규화이므로 색의 범위를 알 수 있다:",
      classes: "클래스가 1001개이면 TensorFlow의 것이어서 짐작했다:",
      axes: "축의 순서가 TensorFlow의 것이어서 짐작했다:",
      channels: "채널 수로 짐작했다:",
    },
    warning: (sentence) => withPercentages(warningInKorean(sentence)),
    suggestion: (name, label, probability) => `${name}: ${label} ${probability}`,
    neither: (name) =>
      `${name}은(는) 사진도, .onnx 모델도, 모델 카드나 이름 파일(.txt, .json)도 아니다.`,
    noPicture: (name) => `${name}은(는) 이 브라우저가 읽을 수 있는 그림이 아니다.`,
    noCamera: (reason) => `카메라를 쓸 수 없다: ${reason}`,
    modelRefused: (name, reason) => `${name}을(를) 쓸 수 없다: ${reason}.`,
    notFetched: (name, reason) => `${name}을(를) 내려받지 못했다: ${reason}.`,
    otherBytes: "공개된 파일과 내용이 다르다",
    labelsRefused: (name, reason) =>
      `${name}은(는) 모델 카드가 아니고 클래스 이름도 없다: ${reason}.`,
    labelsMisfit: (labels, classes) =>
      `이름은 ${labels}개인데 모델의 클래스는 ${classes}개라서 클래스를 번호로 보인다.`,
    lost: (message) => `GPU를 잃었다${message ? ` (${message})` : ""}. 다시 여는 중이다.`,
    lostAgain: "GPU를 또 잃었다. 페이지를 새로 고치거나 더 작은 모델을 써 보라.",
    noWebGpu: (reason) =>
      `이 브라우저에서는 WebGPU를 쓸 수 없다. 최신 Chrome, Edge, Safari, Firefox를 https나 localhost에서 쓰면 된다. 아래 그림은 그대로 움직인다. (${reason})`,
    incomplete: "페이지의 일부를 읽지 못했다. 온라인일 때 새로 고쳐 보라.",
    loading: (name) => `${name} 읽는 중 …`,
    downloading: (name, part) => `${name} 내려받는 중: ${part}`,
    finished: (label, samples) => `샘플 ${samples}개로 만든 ${label}의 맵이 준비되었다.`,
    saved: (name) => `${name}을(를) 저장했다.`,
    copied: (files) =>
      files === "" ? "링크를 복사했다." : `링크를 복사했다. 들어 있지 않은 것: ${files}.`,
    cameraPicture: "카메라 영상",
    foreign: (words) => `주소가 여기 없는 것을 바란다: ${words}. 맵은 그것 없이 만든다.`,
    fault:
      "GPU가 작업의 일부를 거부해서, 보이는 것이 틀릴 수 있다. 확실히 하려면 페이지를 새로 고쳐 보라.",
  },
};
